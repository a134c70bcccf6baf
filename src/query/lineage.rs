//! The history of files across renames: who worked on which file in the year before a sample of the code, and which files
//! change together.
//!
//! One rule: nothing here costs a session anything. A table is computed when it is read, from the canonical views, so that it
//! knows who is who and follows the scope as they do.
//!
//! A file is known by the path that it has at the moment of the sample. The changes before it are walked from the newest to the
//! oldest, and a rename that is passed says under which path a file went before. A path that was deleted and added again is one file.

mod changes;
mod coupling;
mod efforts;
mod table;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::prelude::SessionContext;
use std::sync::Arc;

use coupling::Thresholds;
use table::Computed;

/// Every change of a file by a commit that is no merge, with the person who made it.
const CHANGES: &str =
    "SELECT f.source, f.repository, f.sha, f.committed_at, f.path, f.previous_path, f.change, f.lines_added,
        f.lines_deleted, NOT c.is_bot AND NOT f.is_generated AS counts, c.author_id
    FROM commit_files f JOIN commits c ON c.source = f.source AND c.repository = f.repository AND c.sha = f.sha";

/// The moments at which code was looked at.
const SAMPLES: &str = "SELECT DISTINCT source, repository, sampled_at FROM snapshot_files";

/// The widest change that may be looked at for pairs: their number grows with the square of it.
const LARGEST_CHANGESET: i64 = 100;

/// Registers the table `file_efforts` and the table function `change_couplings`.
///
/// `file_efforts`: what one person did to one file in the 365 days up to a sample: `repository`, `sampled_at`, `path` at the
/// sample, `author_id` (NULL where nobody is known), `revisions` (commits), `lines_added` and `lines_deleted` (NULL where git
/// counted none of them, as for a binary file), `source`. Bots, generated and vendored files are left out.
///
/// `change_couplings(min_revisions, min_shared, largest_changeset)`: pairs of files that changed in the same commits in the 365
/// days up to a sample: `repository`, `sampled_at`, `path`, `coupled_path`, `shared`, `revisions`, `coupled_revisions`,
/// `coupling`, `source`. A commit that changes more than `largest_changeset` files, at most 100, counts for nothing; a pair has
/// at least `min_revisions` on average and at least `min_shared` in common. `coupling` is `shared` over the average of the two
/// files' revisions, from 0 to 1 (D'Ambros, Lanza and Robbes 2009; Tornhill 2015, "Your Code as a Crime Scene"). Files that
/// were gone by the sample are left out.
pub(super) fn register(session: &SessionContext) -> Result<()> {
    let efforts = Computed { schema: efforts::schema(), compute: Arc::new(efforts::efforts) };
    session.register_table("file_efforts", Arc::new(efforts))?;
    session.register_udtf("change_couplings", Arc::new(ChangeCouplings { schema: coupling::schema() }));
    Ok(())
}

#[derive(Debug)]
struct ChangeCouplings {
    schema: SchemaRef,
}

impl TableFunctionImpl for ChangeCouplings {
    fn call_with_args(&self, arguments: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let numbers: Vec<i64> = arguments.exprs().iter().filter_map(whole_number).collect();
        let (&[min_revisions, min_shared, largest_changeset], 3) = (numbers.as_slice(), arguments.exprs().len()) else {
            return plan_err!(
                "change_couplings takes three whole numbers: min_revisions, min_shared, largest_changeset"
            );
        };
        if min_revisions < 1 || min_shared < 1 || !(1..=LARGEST_CHANGESET).contains(&largest_changeset) {
            return plan_err!(
                "change_couplings({min_revisions}, {min_shared}, {largest_changeset}): the first two are at least 1, the \
                 third from 1 to {LARGEST_CHANGESET}"
            );
        }
        let thresholds = Thresholds {
            min_revisions: min_revisions.unsigned_abs(),
            min_shared: min_shared.unsigned_abs(),
            largest_changeset: usize::try_from(largest_changeset).unwrap_or_default(),
        };
        let compute = Arc::new(move |history: &changes::History| coupling::couplings(history, &thresholds));
        Ok(Arc::new(Computed { schema: self.schema.clone(), compute }))
    }
}

fn whole_number(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::Literal(ScalarValue::Int64(number), _) => *number,
        _ => None,
    }
}
