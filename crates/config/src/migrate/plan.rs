//! What each template and neighbor of the result says itself.

use std::collections::HashMap;
use std::sync::Arc;

use bgp_wire::Family;

use crate::Language;
use crate::diag::{At, Span};
use crate::model::RouteSet;
use crate::raw::{Body, Dialect, Raw};

/// A neighbor of the result.
pub(super) struct Neighbor<'r> {
    pub(super) at: Span,
    pub(super) inherit: &'r [At<String>],
    pub(super) body: Body,
    /// Families that its routes can be of; others are not sent.
    pub(super) families: Option<Vec<Family>>,
}

/// Templates and neighbors of the result.
pub(super) struct Plan<'r> {
    pub(super) templates: Vec<(&'r At<String>, Body)>,
    pub(super) neighbors: Vec<Neighbor<'r>>,
}

impl<'r> Plan<'r> {
    pub(super) fn new(raw: &'r Raw, to: Language) -> Self {
        let templates: HashMap<&str, &Body> =
            raw.templates.iter().map(|t| (t.name.value.as_str(), &t.body)).collect();
        let known = raw
            .neighbors
            .iter()
            .all(|n| n.inherit.iter().all(|name| templates.contains_key(name.value.as_str())));
        if !known {
            return Self::flat(raw, &templates);
        }
        // Routes and helpers of templates come before the neighbor's own in one language, behind them in the other.
        let mixed = raw.neighbors.iter().any(|n| {
            let inherited = || n.inherit.iter().filter_map(|name| templates.get(name.value.as_str()));
            let several = |count: usize, own: usize| count > 1 || (count == 1 && own > 0);
            several(inherited().filter(|t| !t.routes.is_empty()).count(), n.body.routes.len())
                || several(inherited().filter(|t| !t.api.is_empty()).count(), n.body.api.len())
                || !carried(
                    n.inherit.iter().filter_map(|name| templates.get(name.value.as_str())).copied(),
                    raw,
                    n,
                )
        });
        if mixed {
            return Self::flat(raw, &templates);
        }
        let mut neighbors = Vec::new();
        for n in &raw.neighbors {
            let meant = meant(raw.dialect, &n.body, &n.inherit, &templates);
            let mut own = n.body.clone();
            let inherited = meant_by(to, &Body::default(), &n.inherit, &templates);
            own.complete(&meant, &inherited);
            if !meant_by(to, &own, &n.inherit, &templates).says_the_same(&meant) {
                return Self::flat(raw, &templates);
            }
            neighbors.push(Neighbor { at: n.at, inherit: &n.inherit, families: families(&meant), body: own });
        }
        let templates = raw.templates.iter().map(|t| (&t.name, t.body.clone())).collect();
        Self { templates, neighbors }
    }

    /// Without templates.
    fn flat(raw: &'r Raw, templates: &HashMap<&str, &Body>) -> Self {
        let neighbors = raw.neighbors.iter().map(|n| {
            let body = meant(raw.dialect, &n.body, &n.inherit, templates);
            Neighbor { at: n.at, inherit: &[], families: families(&body), body }
        });
        Self { templates: Vec::new(), neighbors: neighbors.collect() }
    }
}

fn families(body: &Body) -> Option<Vec<Family>> {
    let list: Vec<Family> = body.families.iter().flat_map(|l| &l.value).map(|f| f.value).collect();
    (!list.is_empty()).then_some(list)
}

/// Whether the routes of templates are of families that a neighbor has.
fn carried<'b>(
    mut templates: impl Iterator<Item = &'b Body>,
    raw: &Raw,
    n: &crate::raw::RawNeighbor,
) -> bool {
    let all: HashMap<&str, &Body> = raw.templates.iter().map(|t| (t.name.value.as_str(), &t.body)).collect();
    let Some(families) = families(&meant(raw.dialect, &n.body, &n.inherit, &all)) else { return true };
    let of = |set: &Arc<RouteSet>| set.kinds().iter().all(|kind| families.contains(&kind.family));
    templates.all(|t| t.routes.iter().all(of))
}

fn meant(dialect: Dialect, body: &Body, inherit: &[At<String>], templates: &HashMap<&str, &Body>) -> Body {
    let language = if dialect == Dialect::Toml { Language::Toml } else { Language::ExaBgp };
    meant_by(language, body, inherit, templates)
}

/// What a neighbor says with its templates, in a language.
fn meant_by(
    language: Language,
    body: &Body,
    inherit: &[At<String>],
    templates: &HashMap<&str, &Body>,
) -> Body {
    let mut body = body.clone();
    let mut inherited = inherit.iter().filter_map(|name| templates.get(name.value.as_str()));
    match language {
        Language::Toml => inherited.rev().for_each(|template| body.inherit(template)),
        Language::ExaBgp => inherited.by_ref().for_each(|template| body.overlay(template)),
    }
    body
}
