//! DynamoDB's units: of a webhook by the length of its review, and of a look at many brands.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use vigie_domain::Brand;
use vigie_ports::{Moving as _, Piece};
use vigie_testkit::prose;
use vigie_tests::between::Spent;
use vigie_tests::cost::{self, Measured, Prices};
use vigie_tests::house::{House, SOURCE, brand, request};
use vigie_tests::platform::{ago, now, posted, secret_of, signed, with};
use vigie_tests::workspace_root;

use crate::functions::Functions;
use crate::scenes::ms;
use crate::steps::{Steps, due_brand};
use crate::table::Aim::{Below, Stated};
use crate::table::{Table, say, section};

/// Queries of a look at nothing: one for each shard of what is due.
const SHARDS: f64 = 16.0;
/// Puts beside each other.
const BESIDE: usize = 16;
const MEASURED: &str = "tests/benches/cost/measured.json";
const PRICES: &str = "tests/benches/cost/prices.json";
const PAGE: &str = "docs/cost.md";

impl Functions {
    /// A new review and its duplicate, short and long; an answer; a report.
    pub(crate) async fn units(&self, table: &mut Table) -> Result<()> {
        section("units: DynamoDB's, of one webhook in receive");
        let steps = Steps::new(self).await?;
        for (length, limit) in [(250, 1.0), (500, 1.0), (1000, 1.0), (1800, 2.0)] {
            let posts = (0..10).map(|n| long(&format!("r-{length}-{n}"), length));
            let posts = posts.collect::<Result<Vec<_>>>()?;
            let new = steps.receive(&posts).await?;
            let again = steps.receive(&posts).await?;
            let named = |what: &str| format!("a text of {length} bytes: {what}");
            let of_table = new.writes - new.indexes;
            table.row(&named("new, the table"), of_table, "writes", Below(limit + 0.5));
            table.row(&named("new, its indexes"), new.indexes, "writes", Stated);
            table.row(&named("new"), new.reads, "reads", Stated);
            table.row(&named("new, calls"), new.calls, "", Below(1.5));
            table.row(&named("again, a refused"), again.writes, "write", Below(1.5));
        }
        Ok(())
    }

    /// A look at ten thousand brands, none and then a hundred of which have something due.
    pub(crate) async fn watch(&self, table: &mut Table) -> Result<()> {
        let many = if self.quick { 1_000 } else { 10_000 };
        section(&format!("watch: {many} brands"));
        let house = House::new().await?;
        let brands = (0..many).map(|n| Ok(due_brand(named(n)?, ago(-3600))));
        put(&house, brands.collect::<Result<_>>()?).await?;
        house.between.meter();
        let mut watch = self.start(&house, "watch").await?;
        for due in [0, 100] {
            let brands = (0..due).map(|n| Ok(due_brand(named(n)?, ago(60))));
            put(&house, brands.collect::<Result<_>>()?).await?;
            watch.invoke(&json!({})).await?.done()?;
            house.between.spent();
            let begin = Instant::now();
            let used = watch.processor_time()?;
            let looked = watch.invoke(&json!({})).await?.done()?;
            let took = begin.elapsed();
            let used = watch.processor_time()?.saturating_sub(used);
            ensure!(looked.get("due") == Some(&json!(due)), "{looked}");
            let spent = house.between.spent();
            let is_query = |one: &&Spent| one.operation == "Query";
            let queries = spent.iter().filter(is_query);
            let of_the_index = queries.clone().filter(|one| one.indexes > 0.0).count() as f64;
            let of_the_table = queries.count() as f64 - of_the_index;
            let reads: f64 = spent.iter().map(|one| one.reads).sum();
            let shown = |what: &str| format!("{due} with something due: {what}");
            let at_most = if due == 0 { Below(SHARDS + 0.5) } else { Stated };
            table.row(&shown("queries of what is due"), of_the_index, "", at_most);
            table.row(&shown("queries of the operator's matters"), of_the_table, "", Stated);
            let others = spent.len() as f64 - of_the_index - of_the_table;
            table.row(&shown("other calls"), others, "", Stated);
            table.row(&shown("read units"), reads, "", Stated);
            table.row(&shown("duration, beside the emulator"), ms(took), "ms", Stated);
            table.row(&shown("processor time"), ms(used), "ms", Stated);
        }
        Ok(())
    }

    /// What each thing takes, and what a month costs; `write` keeps it.
    pub(crate) async fn cost(&self, table: &mut Table, write: bool) -> Result<()> {
        section("cost: what each thing takes, and what it costs by the list prices");
        let measured = Steps::new(self).await?.all().await?;
        let root = workspace_root();
        let prices: Prices = serde_json::from_str(&fs::read_to_string(root.join(PRICES))?)?;
        let month =
            |webhooks, brands| cost::bill(&measured, &prices, cost::Month { webhooks, brands });
        table.row("a million webhooks, 3,000 brands", month(1e6, 3000.0).total(), "$", Stated);
        table.row("a month of nothing", month(0.0, 0.0).total(), "$", Stated);
        let page = cost::page(&measured, &prices);
        if write {
            fs::write(root.join(MEASURED), serde_json::to_string_pretty(&measured)? + "\n")?;
            fs::write(root.join(PAGE), page)?;
            say(&format!("  {MEASURED} and {PAGE} are written"));
        } else {
            let kept: Measured = serde_json::from_str(&fs::read_to_string(root.join(MEASURED))?)?;
            let moved =
                |of: &Measured| of.low.sum(|one| one.writes) + of.good.sum(|one| one.writes);
            table.row(
                "write units, of those on the page",
                moved(&measured) / moved(&kept) * 100.0,
                "%",
                Below(101.0),
            );
            say(&page);
        }
        Ok(())
    }
}

/// A webhook whose review's text has so many bytes.
fn long(id: &str, length: usize) -> Result<Value> {
    let body = with(posted(id, 5), &json!({"text": prose(length)})).to_string();
    let (path, headers) = signed(SOURCE, &secret_of(SOURCE)?, body.as_bytes(), now())?;
    Ok(request("POST", &path, &headers, &body))
}

/// The sample brand under a name of its own.
fn named(n: usize) -> Result<Brand> {
    let mut brand = brand();
    brand.id = format!("b{n:05}").parse().ok().context("an odd id")?;
    for (at, source) in brand.sources.iter_mut().enumerate() {
        source.id = format!("b{n:05}-{at}").parse().ok().context("an odd id")?;
    }
    Ok(brand)
}

/// Puts brands in, several beside each other.
async fn put(house: &House, brands: Vec<Piece>) -> Result<()> {
    let mut puts = JoinSet::new();
    for some in brands.chunks(brands.len().div_ceil(BESIDE).max(1)) {
        let (store, some) = (house.store.clone(), some.to_vec());
        puts.spawn(async move { store.put_pieces(some).await.map(drop) });
    }
    while let Some(done) = puts.join_next().await {
        done??;
    }
    Ok(())
}
