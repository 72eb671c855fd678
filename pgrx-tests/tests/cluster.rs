//! The server comes up with the library loaded, and the harness keeps its promises.

use nl_query_tests::{Cluster, Options};

#[test]
fn library_is_loaded_at_start() {
    let database = Cluster::shared().database("loaded");
    assert_eq!(database.value("SHOW shared_preload_libraries"), "nl_query");
    assert_eq!(database.value("SELECT extversion FROM pg_extension WHERE extname = 'nl_query'"), env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_cluster_leaves_nothing_behind() {
    let cluster = Cluster::start(&Options::default().without_preload());
    let directory = cluster.connect("postgres").query_one("SHOW data_directory", &[]).expect("SHOW").get::<_, String>(0);
    assert!(std::path::Path::new(&directory).exists());
    drop(cluster);
    assert!(!std::path::Path::new(&directory).exists());
}
