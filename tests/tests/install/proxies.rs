//! deploy/nginx.conf and deploy/Caddyfile: what they say; and where the proxy is installed, signed
//! webhooks through it, and no token in any of its files.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use http::{HeaderMap, HeaderName, HeaderValue};
use tempfile::TempDir;
use tokio::time::{Instant, interval};
use vigie_tests::home::free_addr;
use vigie_tests::platform::{Reply, now, posted, secret_of, signed};
use vigie_tests::stage::{LUMEN, SERVER, Stage, WITHIN};

use crate::page::{configuration, is_here, read};

/// A link of the desk, as far as its form goes.
const LINK: &str = "1vQ1.service.1797757920.Zm9yLXRoaXMtdGVzdC1vbmx5";
/// What somebody might write who wants another address in the log.
const FORGED: &str = "203.0.113.66";

/// A proxy as a child process, with all that it writes in a folder. Dropped, it is killed.
struct Proxy {
    child: Child,
    folder: TempDir,
    addr: SocketAddr,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Proxy {
    fn start(mut command: Command, folder: TempDir, addr: SocketAddr) -> Result<Self> {
        let errors = fs::File::create(folder.path().join("stderr.log"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        let child = command.spawn().with_context(|| format!("{command:?}"))?;
        Ok(Self { child, folder, addr })
    }

    async fn post(&self, path: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Reply> {
        let client = reqwest::Client::builder().no_proxy().timeout(WITHIN).build()?;
        let url = format!("http://{}{path}", self.addr);
        let asked = client.post(url).headers(headers).body(body).send().await?;
        let (status, headers) = (asked.status().as_u16(), asked.headers().clone());
        Ok(Reply { status, headers, text: asked.text().await? })
    }

    /// Plays the platform of a source through the proxy; a stranger's headers come along.
    async fn webhook(&self, source: &str, id: &str) -> Result<Reply> {
        let body = posted(id, 2).to_string().into_bytes();
        let (path, mut headers) = signed(source, &secret_of(source)?, &body, now())?;
        for (name, value) in
            [("x-forwarded-for", FORGED), ("forwarded", "for=203.0.113.66"), ("a_b", "c")]
        {
            let name = HeaderName::from_static(name);
            headers.insert(name, HeaderValue::from_static(value));
        }
        self.post(&path, headers, body).await
    }

    async fn up(&mut self) -> Result<()> {
        let (begin, mut ticks) = (Instant::now(), interval(std::time::Duration::from_millis(20)));
        while begin.elapsed() < WITHIN {
            ticks.tick().await;
            if let Some(status) = self.child.try_wait()? {
                bail!("the proxy ended with {status}: {}", self.written()?);
            }
            if tokio::net::TcpStream::connect(self.addr).await.is_ok() {
                return Ok(());
            }
        }
        bail!("the proxy does not listen: {}", self.written()?)
    }

    /// All that it has written, its logs above all; not what it was given.
    fn written(&self) -> Result<String> {
        fn add(folder: &Path, all: &mut String) -> Result<()> {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                let is_ours = path.ends_with("nginx.conf") || path.ends_with("Caddyfile");
                if is_ours {
                    continue;
                }
                if path.is_dir() {
                    add(&path, all)?;
                } else {
                    all.push_str(&String::from_utf8_lossy(&fs::read(&path)?));
                }
            }
            Ok(())
        }
        let mut all = String::new();
        add(self.folder.path(), &mut all)?;
        Ok(all)
    }
}

async fn vigie() -> Result<Stage> {
    let server = SERVER.replace("[mail]", "trusted_proxies = [\"127.0.0.1\"]\n[mail]");
    Stage::open(&[&server, LUMEN].concat()).await
}

/// What holds of every proxy: bodies and signatures arrive as they were sent, and no token, link
/// or signature is in what it writes, also when Vigie is gone.
async fn holds(mut proxy: Proxy, mut stage: Stage) -> Result<()> {
    proxy.up().await?;
    for source in ["lumen-site", "lumen-shop", "lumen-trust"] {
        let reply = proxy.webhook(source, "r-1").await?;
        // The body is the neutral one, which that platform's preset can keep but not map.
        let mapped = u64::from(source != "lumen-trust");
        assert_eq!(reply.tally()?, [mapped, 0, 0, 0, 1 - mapped], "{source}");
    }
    // Vigie itself answers what is too large, with the size that it takes at most still read.
    let large = proxy.post("/hooks/lumen-site", HeaderMap::new(), vec![b'x'; 2 << 20]).await?;
    assert_eq!(large.problem(), (413, "payload-too-large".to_owned()), "{large:?}");
    let desk = format!("/desk/answered/{LINK}");
    let page = proxy.post(&desk, HeaderMap::new(), Vec::new()).await?;
    assert_eq!(page.status, 404, "{page:?}");
    let ends = || Ok(stage.log()?.matches("\"message\":\"request\"").count() >= 6);
    stage.until("each request is in Vigie's log", ends).await?;
    let log = stage.log()?;
    assert!(log.contains("\"client.network\":\"127.0.0.0/24\""), "{log}");
    assert!(!log.contains("203.0.113."), "a stranger's word was taken: {log}");
    stage.stop().await?;
    assert_eq!(proxy.webhook("lumen-trust", "r-2").await?.status, 502);
    assert_eq!(proxy.post(&desk, HeaderMap::new(), Vec::new()).await?.status, 502);
    let (begin, mut ticks) = (Instant::now(), interval(std::time::Duration::from_millis(20)));
    let written = loop {
        ticks.tick().await;
        let written = proxy.written()?;
        if written.matches("502").count() >= 2 && written.contains("/desk/*") {
            break written;
        }
        assert!(begin.elapsed() < WITHIN, "it logs what it does: {written}");
    };
    assert!(written.contains("/hooks/lumen-trust/*"), "{written}");
    for secret in [&secret_of("lumen-trust")?, LINK, "Zm9yLX", "sha256=", "Claire"] {
        assert!(!written.contains(secret), "{secret} is in what the proxy wrote: {written}");
    }
    Ok(())
}

#[tokio::test]
async fn nginx_passes_webhooks_on_as_they_are_and_logs_no_token() -> Result<()> {
    if !is_here("nginx", "-v", "webhooks through nginx") {
        return Ok(());
    }
    let (stage, addr, folder) = (vigie().await?, free_addr()?, tempfile::tempdir()?);
    let here = folder.path().display().to_string();
    let own = |line: &&str| !line.contains("listen [::]") && !line.contains("ssl_certificate");
    let site: String = read("deploy/nginx.conf")?
        .lines()
        .filter(own)
        .fold(String::new(), |all, line| all + line + "\n");
    let site = site
        .replace("listen 443 ssl;", &format!("listen {addr};"))
        .replace("listen 80;", &format!("listen {};", free_addr()?))
        .replace("/var/log/nginx/", &format!("{here}/"))
        .replace("127.0.0.1:8787", &stage.addr().to_string());
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {here}/{name};\n"))
        .concat();
    // One process, so that it runs as whoever runs the test.
    let whole = format!(
        "daemon off;\nmaster_process off;\npid {here}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\n{paths}{site}}}\n"
    );
    fs::write(folder.path().join("nginx.conf"), whole)?;
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-p", &here, "-c", &format!("{here}/nginx.conf")]);
    holds(Proxy::start(command, folder, addr)?, stage).await
}

#[tokio::test]
async fn caddy_passes_webhooks_on_as_they_are_and_logs_no_token() -> Result<()> {
    if !is_here("caddy", "version", "webhooks through Caddy") {
        return Ok(());
    }
    let (stage, addr, folder) = (vigie().await?, free_addr()?, tempfile::tempdir()?);
    let here = folder.path().display().to_string();
    let site = read("deploy/Caddyfile")?
        .replacen("{\n", "{\n\tadmin off\n", 1)
        .replace("reviews.agency.example {", &format!("http://{addr} {{"))
        .replace("/var/log/caddy/", &format!("{here}/"))
        .replace("127.0.0.1:8787", &stage.addr().to_string());
    fs::write(folder.path().join("Caddyfile"), site)?;
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config", &format!("{here}/Caddyfile")]);
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, &here);
    }
    holds(Proxy::start(command, folder, addr)?, stage).await
}

#[test]
fn both_point_to_where_the_page_lets_vigie_listen_and_leave_the_body_alone() -> Result<()> {
    let configuration = configuration()?;
    let listen = configuration.lines().find_map(|line| line.strip_prefix("listen = \""));
    let listen = listen.and_then(|rest| rest.split('"').next()).context("no listen")?;
    let (nginx, caddy) = (read("deploy/nginx.conf")?, read("deploy/Caddyfile")?);
    assert!(nginx.contains(&format!("proxy_pass http://{listen};")));
    assert!(caddy.contains(&format!("reverse_proxy {listen} {{")));
    let host = configuration.split("public_url = \"https://").nth(1).context("no public_url")?;
    let host = host.split('"').next().unwrap_or_default();
    assert!(nginx.contains(&format!("server_name {host};")));
    assert!(caddy.contains(&format!("\n{host} {{")));
    assert!(configuration.contains("trusted_proxies = [\"127.0.0.1\"]"));
    for line in [
        "client_max_body_size 2m;",
        "client_body_buffer_size 2m;",
        "underscores_in_headers on;",
        "gzip off;",
        "proxy_set_header Host $host;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header Forwarded \"\";",
        "access_log /var/log/nginx/vigie.log vigie;",
    ] {
        assert!(nginx.contains(line), "nginx.conf lacks {line}");
    }
    for line in
        ["max_size 2MiB", "compression off", "request>headers delete", "header_up -Forwarded"]
    {
        assert!(caddy.contains(line), "Caddyfile lacks {line}");
    }
    for changes_it in ["sub_filter", "gunzip", "js_body_filter", "$request ", "$request_uri '"] {
        assert!(!nginx.contains(changes_it), "{changes_it}");
    }
    assert!(!nginx.contains("8788") && !caddy.contains("8788"), "metrics are not for the public");
    Ok(())
}
