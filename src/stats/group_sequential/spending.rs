//! How an error rate is spent over the looks.

use crate::stats::StatsError;
use crate::stats::distribution::{normal_upper_quantile, normal_upper_tail};
use crate::stats::error::check_finite;

/// What part of the error rate may be used up to a part t of the information. At t = 1 it is all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spending {
    /// 2 − 2Φ(z(α/2)/√t), close to O'Brien & Fleming's boundary: hardly anything early (Lan & DeMets 1983). α is the rate
    /// of one tail; some books halve it first.
    OBrienFleming,
    /// α ln(1 + (e − 1) t), close to Pocock's boundary (Lan & DeMets 1983).
    Pocock,
    /// α t^ρ, ρ above 0 (Kim & DeMets 1987).
    Power(f64),
    /// α (1 − e^(−γt)) / (1 − e^(−γ)), α t at γ = 0 (Hwang, Shih & DeCani 1990).
    HwangShihDeCani(f64),
}

impl Spending {
    /// The part of `rate` spent up to `information`, from 0 to 1.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] for a rate or information outside 0 to 1 or a parameter that makes no spending function.
    pub fn spent(self, rate: f64, information: f64) -> Result<f64, StatsError> {
        crate::stats::error::check_p("error rate", rate)?;
        crate::stats::error::check_p("information", information)?;
        if information <= 0.0 || rate <= 0.0 {
            return Ok(0.0);
        }
        let spent = match self {
            Spending::OBrienFleming => 2.0 * normal_upper_tail(normal_upper_quantile(rate / 2.0) / information.sqrt()),
            Spending::Pocock => rate * (1.0_f64.exp_m1() * information).ln_1p(),
            Spending::Power(exponent) => {
                crate::stats::error::check_positive("exponent of the spending function", exponent)?;
                rate * information.powf(exponent)
            }
            Spending::HwangShihDeCani(gamma) => {
                check_finite("parameter of the spending function", &[gamma])?;
                if gamma.abs() > 500.0 {
                    let what = "parameter of the spending function";
                    return Err(StatsError::OutOfRange { what, value: gamma, expected: "between −500 and 500" });
                }
                if gamma == 0.0 {
                    rate * information
                } else {
                    rate * (-gamma * information).exp_m1() / (-gamma).exp_m1()
                }
            }
        };
        Ok(if information < 1.0 { spent.min(rate) } else { rate })
    }
}

/// How the boundary z of a look depends on its part t of the information, up to a constant c.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BoundaryShape {
    /// c t^(Δ − ½): Δ = 0 is O'Brien & Fleming's, Δ = ½ Pocock's (Wang & Tsiatis 1987).
    WangTsiatis(f64),
    /// This z at all looks but the last, usually 3; c at the last (Haybittle 1971; Peto et al. 1976).
    HaybittlePeto(f64),
}

impl BoundaryShape {
    pub(super) fn z(self, constant: f64, information: f64, last: f64) -> f64 {
        match self {
            BoundaryShape::WangTsiatis(delta) => constant * (information / last).powf(delta - 0.5),
            BoundaryShape::HaybittlePeto(early) => {
                if information < last {
                    early
                } else {
                    constant
                }
            }
        }
    }
}
