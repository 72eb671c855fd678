//! Join paths over the foreign-key graph.
