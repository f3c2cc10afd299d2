"""What Windows Firewall does with a flow, and which rules make it so (windows-firewall.md 3.2, 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from rules.firewall.addresses import is_loopback
from rules.firewall.conditions import PROFILE_BITS, CompiledRule, match, unmet
from rules.firewall.flow import Flow
from rules.firewall.index import RuleIndex
from rules.firewall.near_miss import NearMiss, near_misses
from rules.firewall.policy import Policy
from rules.firewall.query import Ends, Query, make_query, read_ends
from rules.firewall.settings import MergedSettings
from rules.firewall.tokens import bare_guid, is_one_of
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth, agreement
from rules.firewall.vantage import Vantage, is_own, vantages
from rules.firewall.verdict import Found, Outcome, Verdict, by_rules, described, hardened, matches_of, unless
from scanner.model import Action, FirewallRule, Interface, Profile, Store

_IPSEC_DOUBT = "whether Windows then blocks plain traffic is unconfirmed"
_STORE_ORDER = {store: place for place, store in enumerate(Store)}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to a flow.

    `decided_by` are the rules that make it so: without all others the outcome is the same. `unknowns` say
    what would have to be known to settle a conditional outcome; `notes` which uncertain reading was taken.
    `profile` is the profile decided for ("domain"), or all of them ("domain,private,public").
    """

    outcome: Outcome
    reason: str
    profile: str
    per_profile: tuple[tuple[Profile, Outcome], ...] = ()
    decided_by: tuple[FirewallRule, ...] = ()
    unknowns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()


class _Sight(msgspec.Struct, frozen=True):
    """One vantage, the query as it looks from there, and the rules that match it, their profiles apart."""

    vantage: Vantage
    query: Query
    ordinary: Found
    hardening: Found


def decide(policy: Policy, flow: Flow, *, trace: bool = False) -> Decision:
    """The decision on `flow`; with `trace` its near misses too, which cost more than the decision itself."""
    ends = read_ends(flow)
    seen_from = vantages(flow, ends, policy.interfaces)
    local_only = _local_only(ends, policy.interfaces)
    unreachable = _unreachable(ends, local_only)
    if unreachable:
        return Decision(outcome=Outcome.NOT_EXPOSED, reason=unreachable, profile=_profiles(seen_from))
    sights = _sights(policy, flow, ends, seen_from, local_only)
    verdicts = [_in_profile(policy, sight, local_only) for sight in sights]
    decision = _combined(policy, sights, verdicts)
    if not trace:
        return decision
    missed = near_misses(
        policy,
        flow,
        sights[0].query,
        seen_from,
        decision.decided_by,
        allowed=decision.outcome is Outcome.ALLOWED,
        overruled=f"overruled: {decision.reason}" if decision.outcome is Outcome.BLOCKED else "",
    )
    return msgspec.structs.replace(decision, near_misses=missed)


def verdict_at(policy: Policy, vantage: Vantage, query: Query, ordinary: Found, hardening: Found) -> Verdict:
    """What another host's traffic meets in one profile, when exactly these rules match or may match it."""
    return _in_profile(policy, _Sight(vantage, query, ordinary, hardening), local_only=False)


def rules_matter(policy: Policy, vantage: Vantage) -> bool:
    """False where the profile's settings decide alone (3.2): off, off on the interface, shields up."""
    settings = policy.settings[vantage.profile]
    if settings.enabled.value is False or settings.block_all_inbound.value:
        return False
    return _firewall_off_on(settings, vantage.interfaces) != TRUE


def _local_only(ends: Ends, interfaces: tuple[Interface, ...]) -> bool:
    """True for traffic of the host to itself (3.6): the remote end is one of its own addresses."""
    if ends.remote is None:
        return False
    return is_loopback(ends.remote) or ends.remote == ends.specific or is_own(ends.remote, interfaces)


def _unreachable(ends: Ends, local_only: bool) -> str:
    """Why no firewall rule matters, "" if one may: there is no such socket for the remote end (3.6, 3.9)."""
    if ends.bound is None:
        return ""
    if ends.remote is not None and ends.remote[0] != ends.bound[0]:
        return f"the socket is bound to IPv{ends.bound[0]}, the traffic is IPv{ends.remote[0]}"
    if is_loopback(ends.bound) and not local_only:
        return "the socket is bound to the loopback address: no network reaches it"
    return ""


def _sights(
    policy: Policy, flow: Flow, ends: Ends, seen_from: Sequence[Vantage], local_only: bool
) -> list[_Sight]:
    """Every vantage with its matching rules; vantages with the same interfaces share the matching."""
    sights: list[_Sight] = []
    for vantage in seen_from:
        if sights and sights[-1].vantage.interfaces == vantage.interfaces:
            last = sights[-1]
            sights.append(_Sight(vantage, last.query, last.ordinary, last.hardening))
            continue
        query = make_query(flow, ends, vantage.interfaces)
        ordinary = () if local_only else _found(policy.ordinary, query)
        sights.append(_Sight(vantage, query, ordinary, _found(policy.hardening, query)))
    return sights


def _found(index: RuleIndex, query: Query) -> Found:
    found = []
    for compiled in index.candidates(query):
        truth = match(compiled, query)
        if truth != FALSE:
            found.append((compiled, truth))
    return found


def _in_profile(policy: Policy, sight: _Sight, local_only: bool) -> Verdict:
    settings = policy.settings[sight.vantage.profile]
    where = settings.profile.title()
    if settings.enabled.value is False:
        return Verdict(
            Outcome.ALLOWED, f"the firewall is off in the {where} profile ({settings.enabled.source})"
        )
    unfiltered = _firewall_off_on(settings, sight.vantage.interfaces)
    if unfiltered == TRUE:
        return Verdict(Outcome.ALLOWED, f"the firewall is off on this interface in the {where} profile")
    verdict = _filtered(policy, settings, sight, local_only)
    if settings.enabled.value is None:
        verdict = unless(verdict, Outcome.ALLOWED, f"the firewall may be off in the {where} profile")
    if unfiltered == UNKNOWN:
        verdict = unless(verdict, Outcome.ALLOWED, "the firewall is off on some interface, perhaps this one")
    return verdict


def _firewall_off_on(settings: MergedSettings, interfaces: tuple[Interface, ...]) -> Truth:
    """Whether the interface that carries the flow is one of the profile's DisabledInterfaces."""
    disabled = settings.disabled_interfaces.value
    if not disabled:
        return FALSE
    guids = frozenset(bare_guid(guid) for guid in disabled)
    return agreement(is_one_of(interface, guids) for interface in interfaces)


def _filtered(policy: Policy, settings: MergedSettings, sight: _Sight, local_only: bool) -> Verdict:
    """The verdict of a firewall that is on: loopback, shields up, service hardening, rules, default."""
    bit = PROFILE_BITS[settings.profile]
    if not local_only and settings.block_all_inbound.value:
        return _shields_up(settings)
    if local_only:
        verdict = Verdict(Outcome.ALLOWED, "loopback is not filtered")
    else:
        verdict = _by_ordinary_rules(policy, settings, sight, bit)
    if sight.hardening:
        blocks, allows = (matches_of(sight.hardening, action, bit) for action in (Action.BLOCK, Action.ALLOW))
        verdict = hardened(verdict, blocks, allows, sight.query)
    if not local_only and settings.block_all_inbound.value is None:
        verdict = unless(verdict, Outcome.BLOCKED, "all incoming traffic may be blocked (shields up)")
    return verdict


def _shields_up(settings: MergedSettings) -> Verdict:
    """Blocked; but with a default of Allow the sources disagree, which 3.2 calls unconfirmed."""
    reason = f"shields up: the {settings.profile.title()} profile blocks all incoming traffic"
    verdict = Verdict(Outcome.BLOCKED, f"{reason} ({settings.block_all_inbound.source})")
    if settings.default_inbound.value is Action.BLOCK:
        return verdict
    return unless(verdict, Outcome.ALLOWED, "whether a default of Allow still admits it then is unconfirmed")


def _by_ordinary_rules(policy: Policy, settings: MergedSettings, sight: _Sight, bit: int) -> Verdict:
    blocks, allows = (matches_of(sight.ordinary, action, bit) for action in (Action.BLOCK, Action.ALLOW))
    verdict = by_rules(blocks, allows, settings.default_inbound.value, settings.profile.title(), sight.query)
    if policy.rules_unknown and settings.allow_local_rules.value is not False:
        other = Outcome.BLOCKED if verdict.outcome is Outcome.ALLOWED else Outcome.ALLOWED
        verdict = unless(verdict, other, "the local firewall rules were not collected")
    return verdict


def _combined(policy: Policy, sights: Sequence[_Sight], verdicts: Sequence[Verdict]) -> Decision:
    """One decision out of the profiles': theirs if all agree, else conditional (3.9)."""
    if len(verdicts) == 1:
        return _of_one(policy, sights[0], verdicts[0])
    per_profile = tuple(
        (sight.vantage.profile, verdict.outcome) for sight, verdict in zip(sights, verdicts, strict=True)
    )
    compiled = distinct(entry for verdict in verdicts for entry in verdict.decided_by)
    agreed = len({outcome for _, outcome in per_profile}) == 1
    unknowns = dict.fromkeys(text for verdict in verdicts for text in verdict.unknowns)
    return Decision(
        outcome=per_profile[0][1] if agreed else Outcome.CONDITIONAL,
        reason=_reason_of_all(sights, verdicts),
        profile=_profiles([sight.vantage for sight in sights]),
        per_profile=per_profile,
        decided_by=tuple(entry.fw_rule for entry in compiled),
        unknowns=(*(() if agreed else (_split(per_profile),)), *unknowns),
        notes=tuple(_notes(policy, compiled, sights)),
    )


def _of_one(policy: Policy, sight: _Sight, verdict: Verdict) -> Decision:
    compiled = distinct(verdict.decided_by)
    return Decision(
        outcome=verdict.outcome,
        reason=verdict.reason,
        profile=sight.vantage.profile,
        per_profile=((sight.vantage.profile, verdict.outcome),),
        decided_by=tuple([entry.fw_rule for entry in compiled]),
        unknowns=verdict.unknowns,
        notes=tuple(_notes(policy, compiled, [sight])) if compiled else (),
    )


def _reason_of_all(sights: Sequence[_Sight], verdicts: Sequence[Verdict]) -> str:
    reasons: dict[str, list[str]] = {}
    for sight, verdict in zip(sights, verdicts, strict=True):
        profile = sight.vantage.profile.title()
        reasons.setdefault(verdict.reason.replace(f"the {profile} profile", "the profile"), []).append(
            profile
        )
    if len(reasons) == 1:
        return next(iter(reasons))
    return "; ".join(f"{', '.join(profiles)}: {text}" for text, profiles in reasons.items())


def _split(per_profile: Iterable[tuple[Profile, Outcome]]) -> str:
    shown = ", ".join(f"{outcome} under {profile.title()}" for profile, outcome in per_profile)
    return f"the network profile: {shown}"


def distinct(compiled: Iterable[CompiledRule]) -> list[CompiledRule]:
    """Each rule once, in an order that does not depend on the evidence's."""
    unique = {id(entry): entry for entry in compiled}
    return sorted(
        unique.values(),
        key=lambda entry: (_STORE_ORDER[entry.fw_rule.store], entry.fw_rule.id, entry.fw_rule.name),
    )


def _profiles(seen_from: Iterable[Vantage]) -> str:
    return ",".join(vantage.profile for vantage in seen_from)


def _notes(policy: Policy, compiled: Sequence[CompiledRule], sights: Sequence[_Sight]) -> Iterator[str]:
    yield from dict.fromkeys(note for entry in compiled for note in entry.notes)
    if any(entry.fw_rule.action is Action.ALLOW for entry in compiled):
        for entry in distinct(policy.ipsec_only.candidates(sights[0].query)):
            if unmet(entry, sights[0].query, FALSE) == ("security",):
                yield f"{described(entry.fw_rule)} asks for IPsec; {_IPSEC_DOUBT}"
