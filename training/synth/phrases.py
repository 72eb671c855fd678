"""Noun phrases for sets of rows, and conditions that lead over a reference to other tables."""

from . import lexicon
from .english import agreed, alternatives, article, plural, possessive
from .filters import Cond, any_cond, quoted, text_cond
from .voice import Skip

PLACE_LIKE = set("""department division branch office store shop outlet warehouse depot venue stadium arena city country region district school university college
hospital clinic ward hotel library museum gallery park garden farm station airport port harbour harbor building room campus club team league category
genre album playlist collection section zone area site location course class project program festival season tournament shelf port berth dock route line""".split())


STAFF = set("""agent officer vet doctor physician dentist nurse adjuster manager employee clerk inspector technician mechanic operator driver worker staff
accountant consultant representative rep receptionist cashier courier broker advisor adviser lawyer attorney judge supervisor engineer therapist guide
salesperson recruiter trainer instructor teacher waiter warden ranger guard pilot captain surgeon analyst auditor dispatcher ringer handler""".split())
AGENTS = {
    "maker": set("""maker producer manufacturer designer inventor artist painter sculptor potter brewer winemaker builder craftsman photographer architect composer
    engineer author writer poet director developer creator luthier baker farmer grower""".split()),
    "author": set("author writer poet journalist reporter researcher scientist scholar editor professor composer singer artist musician band performer director creator translator".split()),
    "teacher": set("teacher instructor professor lecturer trainer tutor coach speaker guide".split()),
    "medic": set("doctor physician dentist surgeon vet veterinarian nurse therapist technician mechanic plumber engineer".split()),
}


def flat(voice, text, many):
    """Resolves alternatives and number marks of a condition's phrase."""
    return agreed(alternatives(voice.rng, text), many)


def post(voice, table, cond, many):
    """A condition as it stands behind the noun."""
    forms = list(cond.post) + [f"{voice.who(table)} {v}" for v in cond.vp]
    if cond.vp:
        forms += [f"{voice.who(table)} {voice.rng.choice(cond.vp)}"]
    return flat(voice, voice.choose(forms), many)


def verb_phrase(voice, cond, many):
    """A condition as a predicate; Skip where it has none."""
    return flat(voice, voice.choose(cond.vp), many)


def noun_phrase(voice, table, conds=(), many=True, noun=None):
    """`active customers in Boston with more than 5 points`, without an article."""
    noun = noun or voice.noun(table)
    before, behind, head = [], [], None
    for cond in conds:
        if cond.head and head is None and voice.chance(0.45):
            head = voice.rng.choice(cond.head)
        elif cond.pre and not before and head is None and voice.chance(0.5):
            before.append(voice.rng.choice(cond.pre))
        else:
            behind.append(post(voice, table, cond, many))
    noun = head or noun
    return " ".join(before + [plural(noun) if many else noun] + joined(behind))


def joined(parts):
    """Behind-the-noun phrases with `and` between them."""
    out = []
    for i, part in enumerate(parts):
        out += (["and"] if i else []) + [part]
    return out


def link_cond(voice, src, most=2):
    """A condition on a related table: over a reference, from the other side, or through a junction."""
    ways = [("parent", c, t) for c, t in voice.parents(src.table, named=False) if t is not src.table]
    if src.table.key:
        ways += [("child", c, t) for t, c in voice.children(src.table) if t is not src.table]
    weights = [3 if way[0] == "parent" else 4 if voice.names.is_junction(way[2]) else 2 for way in ways]
    if not ways:
        raise Skip
    kind, column, table = voice.rng.choices(ways, weights)[0]
    if kind == "parent":
        return parent_cond(voice, src, column)
    if voice.names.is_junction(table):
        return through_cond(voice, src, table, column)
    return child_cond(voice, src, table, column)


def agent_verbs(voice, child, parent):
    """(past, participle, present) forms of what the parent person did to have the child, or None."""
    name, agent = voice.names.tables[child.name], voice.names.tables[parent.name].head
    entry = lexicon.child_verbs().get(name.head) or lexicon.child_verbs().get(name.noun)
    if not entry or not voice.person(parent):
        return None
    group = entry[3][0] if len(entry) > 3 and entry[3] else ""
    if group == "service" and agent in STAFF:
        return [["handled", "dealt with", "took care of"], ["handled", "dealt with"], ["handle"]]
    if group in AGENTS and agent not in AGENTS[group]:
        return None
    return entry


def parent_cond(voice, src, column):
    """Child rows by a condition on the row they point to."""
    parent_src = voice.parent(src, column)
    parent, role = parent_src.table, voice.role_noun(src.table, column)
    verbs = agent_verbs(voice, src.table, parent)
    label = voice.names.label(parent)
    if voice.names.has_name(parent) and voice.chance(0.5):
        inner = full_name_cond(voice, parent_src, label)
        return named_parent(voice, src, inner, role, parent, verbs)
    inner = deeper(voice, parent_src)
    cond = Cond(inner.tree, column=column)
    one, many = noun_phrase(voice, parent, [inner], False, role), noun_phrase(voice, parent, [inner], True, role)
    cond.post = [f"of {many}", f"of {article(one)}", f"with {article(one)}", f"belonging to {many}"]
    if inner.vp:
        cond.post += [f"whose {role} {flat(voice, v, False)}" for v in inner.vp] * 2
    if verbs:
        cond.post += [f"{p} by {many}" for p in verbs[1]] * 2
    if role.split()[-1] in PLACE_LIKE:
        cond.post += [f"in {many}", f"at {article(one)}"]
    return cond


def deeper(voice, src):
    """A condition on the row itself, or, now and then, on what it points to."""
    if voice.chance(0.4) and len(voice.srcs) < 4 and voice.parents(src.table, named=False):
        column, table = voice.choose(voice.parents(src.table, named=False))
        if all(table is not s.table for s in voice.srcs):
            return parent_cond(voice, src, column)
    return any_cond(voice, src)


def full_name_cond(voice, src, label):
    """The label equals the example row's; first and last name together where the label is both."""
    from .tree import Bool, Cmp, Col, Lit

    if len(label) == 1:
        return text_cond(voice, src, label[0])
    values = [voice.row[src][c.name] for c in label]
    if None in values:
        raise Skip
    tree = Bool("and", [Cmp("=", Col(src, c.name), Lit(v)) for c, v in zip(label, values)])
    tree.parts[0].full = " ".join(values)
    cond = Cond(tree, column=label[0])
    return cond


def shown_label(voice, inner):
    """The value that a label condition names."""
    tree = inner.tree
    return quoted(voice, getattr(tree.parts[0], "full", "") if hasattr(tree, "parts") else tree.right.value)


def named_parent(voice, src, inner, role, parent, verbs):
    """Child rows of the parent that is named."""
    shown = shown_label(voice, inner)
    cond = Cond(inner.tree)
    cond.post = [f"of {role} {shown}", f"of the {role} {shown}", f"whose {role} is {shown}", f"with {shown} as {role}", f"with the {role} {shown}", f"of {shown}",
                 f"belonging to {shown}", f"whose {role} is (called|named) {shown}"]
    cond.vp = [f"<have/has> {shown} as {role}", f"<belong/belongs> to {shown}", f"<belong/belongs> to the {role} {shown}"]
    if verbs:
        cond.post += [f"{p} by {shown}" for p in verbs[1]] * 2 + [f"{p} by the {role} {shown}" for p in verbs[1]] + [f"that {shown} {p}" for p in verbs[0]] * 2
    if role.split()[-1] in PLACE_LIKE:
        cond.post += [f"in {shown}", f"at {shown}", f"in the {role} {shown}", f"in the {shown} {role}", f"at the {shown} {role}"] * 2
        cond.vp += [f"<are/is> in {shown}", f"<are/is> in the {shown} {role}"]
    if voice.person(src.table) and role in ("manager", "supervisor", "boss", "mentor", "advisor", "coach"):
        cond.vp += [f"<report/reports> to {shown}"] * (role in ("manager", "supervisor", "boss")) + [f"<work/works> under {shown}"] * 2
    return cond


def child_cond(voice, src, table, column):
    """Rows that are referred to by some row with a condition: `owners who have a cat`."""
    child_src = voice.child(src, table, column)
    voice.fanout = True
    inner = any_cond(voice, child_src)
    one, many = article(noun_phrase(voice, table, [inner], False)), noun_phrase(voice, table, [inner])
    thing = voice.rng.choice([one, many, many, "at least one " + one.split(" ", 1)[1], "some " + many, "any " + many])
    cond = Cond(inner.tree, column=column)
    verbs = agent_verbs(voice, table, src.table)
    cond.vp = [f"<have/has> {thing}"] * 2
    cond.post = [f"with {thing}"] * 2
    if verbs:
        cond.vp += [f"{v} {thing}" for v in verbs[0]] * 2
    return cond


def through_words(voice, src, table, other):
    """Verb phrases `took` / `were taken by` that tie src over a junction to other rows, in (plural/singular) marks."""
    name = voice.names.tables[table.name]
    entry = lexicon.relation_verbs().get(name.noun.replace(" ", "_")) or lexicon.relation_verbs().get(name.head)
    if entry and voice.person(src.table) and not voice.person(other):
        return list(entry[0])
    if entry and voice.person(other) and not voice.person(src.table) and entry[1]:
        return [f"<were/was> {v}" for v in entry[1]]
    if voice.person(src.table) and not voice.person(other):
        return ["<have/has>", "<are/is> in" if voice.names.tables[other.name].head in PLACE_LIKE else "<have/has>"]
    return ["<have/has>"]


def through_cond(voice, src, table, column):
    """Rows tied by a junction to rows with a condition: `students who took Databases`."""
    middle = voice.child(src, table, column)
    back = voice.choose([c for c in table.columns if c.ref and c is not column])
    other_src = voice.parent(middle, back)
    other = other_src.table
    if other is src.table:
        raise Skip
    voice.fanout = True
    verbs = through_words(voice, src, table, other)
    if voice.names.has_name(other) and voice.chance(0.55):
        inner = full_name_cond(voice, other_src, voice.names.label(other))
        shown = shown_label(voice, inner)
        noun = voice.noun(other)
        things = [f"the {noun} {shown}", f"{noun} {shown}", f"the {shown} {noun}"] + ([shown] * 2 if verbs[0] != "<have/has>" else [])
    else:
        inner = any_cond(voice, other_src)
        one, many = article(noun_phrase(voice, other, [inner], False)), noun_phrase(voice, other, [inner])
        things = [one, many, many, "any " + many]
    return Cond(inner.tree, vp=[f"{v} {voice.rng.choice(things)}" for v in verbs for _ in range(2)], column=column)


def each_phrase(voice, table, conds=()):
    """`each animal born in 2012`."""
    return voice.rng.choice(["each", "each", "every"]) + " " + noun_phrase(voice, table, conds, many=False)


def columns_phrase(voice, table, columns, many):
    """`name and weight` of label and other columns."""
    from .english import listing

    label = voice.names.label(table)
    nouns, left = [], list(columns)
    if len(label) == 2 and label[0] in left and label[1] in left:
        nouns.append(voice.label_noun(table))
        left = [c for c in left if c not in label]
    for column in left:
        nouns.append(voice.label_noun(table) if [column] == label else voice.attr(table, column))
    if len(set(nouns)) < len(nouns):
        raise Skip
    return listing([plural(n) if many and not n.endswith("s") else n for n in nouns])


__all__ = ["noun_phrase", "possessive"]
