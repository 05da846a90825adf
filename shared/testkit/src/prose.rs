//! Text as reviewers write it, for what depends on how long a review is, or how well it packs.

/// Two reviews of about a kilobyte each, invented, in which no phrase comes twice.
const PROSE: &str = "J'ai acheté cette lampe pour le bureau de mon fils et nous en sommes plutôt \
    contents. La lumière est douce, le bras articulé tient bien la position, et le variateur \
    réagit sans délai. En revanche le câble est vraiment trop court, il a fallu une rallonge, et \
    la notice traduite est incompréhensible : on devine plus qu'on ne lit. Au bout de deux \
    semaines un léger bourdonnement est apparu quand on baisse l'intensité, rien de grave mais \
    agaçant le soir. Le vendeur, joint par téléphone, a proposé un échange que j'ai refusé parce \
    qu'il fallait renvoyer le carton d'origine, depuis longtemps jeté. Bref, un objet joli, bien \
    pensé pour l'essentiel, gâché par deux ou trois économies mesquines. Pour ce prix j'attendais \
    mieux du montage, dont les vis étaient mal filetées. Je mets trois étoiles, et je reviendrai \
    mettre la quatrième si le nouveau modèle règle ces défauts, comme on me l'a promis au magasin \
    de la rue des Halles samedi dernier. \
    We picked the walnut desk because a friend has had hers for nine years without a scratch. \
    Ours needed two people and an entire Sunday: half the dowels were swollen, one drawer runner \
    had been bent in transit, and page six shows a bracket that simply is not in the bag. To be \
    fair, the woman on the hotline knew the model by heart, apologised before I could finish my \
    sentence, and a courier brought the missing parts on Tuesday morning. Once assembled it is \
    gorgeous; warm grain, soft edges, no wobble even when my teenager leans on it. The varnish \
    smelled for days though, so air the room. Would I buy again? Probably, but only after asking \
    them to check the box twice, and never from the outlet corner, whose floor samples looked \
    tired. Shipping was free above eighty euros, which nearly made up for the sore thumbs and for \
    one rather colourful argument about who had lost the little hexagonal key.";

/// So many bytes of it, or a few less.
///
/// # Panics
/// There is less.
pub fn prose(bytes: usize) -> &'static str {
    assert!(bytes <= PROSE.len(), "there are {} bytes of prose", PROSE.len());
    PROSE.get(..PROSE.floor_char_boundary(bytes)).unwrap_or_default()
}
