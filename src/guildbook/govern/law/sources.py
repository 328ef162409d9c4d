"""The sources of the law profiles, each with where it was read and when.

This is engineering, no legal advice. A source says where a rule of a profile comes from; that the rule is all the
source asks, or that it applies to anybody, is for a lawyer to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CHECKED: Final = "2026-11-22"
"""When all sources were last looked up."""


class Read(StrEnum):
    """How well a citation was checked."""

    TEXT = "text"
    """The text of the provision itself, or a copy of it, was read."""
    REPORT = "report"
    """Only what others write about it was read."""
    NOT = "not verified"
    """Nothing that confirms it was found."""


@dataclass(frozen=True, slots=True)
class Source:
    """One provision."""

    cite: str
    what: str
    """What it asks, in a sentence."""
    read: Read
    where: str
    """Where it was read."""


def _source(cite: str, what: str, read: Read, where: str) -> Source:
    return Source(cite, what, read, where)


SOURCES: Final = {
    # -- European Union, and Germany
    "gdpr-88": _source(
        "GDPR Art. 88",
        "Collective agreements may set more specific rules on employees' data; these must safeguard dignity and say "
        "what is monitored.",
        Read.TEXT, "gdprhub.eu, Article 88 GDPR",
    ),
    "c-65-23": _source(
        "CJEU C-65/23 (MK v K GmbH), ECLI:EU:C:2024:1051, 19 December 2024",
        "A works agreement under Art. 88 must also keep Art. 5, 6(1) and 9 GDPR, and courts review all of it.",
        Read.TEXT, "copy of the judgment (head and operative part); gdprhub.eu",
    ),
    "edpb-05-2020": _source(
        "EDPB Guidelines 05/2020 on consent, section 3.1.1",
        "An employee's consent is unlikely to be free; for most processing at work it cannot be the basis.",
        Read.REPORT, "lexdigitalis.nl, redopen.it; section 3.1.1 itself only up to no. 19 (privacad.com)",
    ),
    "gdpr-35": _source(
        "GDPR Art. 35; WP 248 rev.01",
        "An impact assessment comes before processing with high risk; systematic monitoring of employees counts twice.",
        Read.REPORT, "gdprhub.eu, Article 35 GDPR; terena.org on WP 248",
    ),
    "gdpr-13": _source(
        "GDPR Art. 13", "People are told who processes what, what for, on what basis and for how long.",
        Read.NOT, "not looked up",
    ),
    "betrvg-87": _source(
        "BetrVG § 87(1) no. 6",
        "A works council decides with the employer on technical devices that can monitor conduct or performance.",
        Read.TEXT, "jes-beratung.de (text); BAG 1 ABR 23/82 and 1 ABR 6/94 (head notes)",
    ),
    "ai-act-26-7": _source(
        "AI Act (Regulation (EU) 2024/1689) Art. 26(7)",
        "Employers tell workers and their representatives before a high-risk AI system is used at the workplace. For "
        "Annex III systems from 2 December 2027 (Regulation (EU) 2026/1744); profiles ask for it now.",
        Read.TEXT, "minbzk.github.io (Dutch text); on the date: notes on Regulation (EU) 2026/1744, OJ L, 24.7.2026",
    ),
    "ai-act-5-1-f": _source(
        "AI Act Art. 5(1)(f)", "Inferring emotions at the workplace is prohibited since 2 February 2025.",
        Read.TEXT, "itlawfirm.it (text)",
    ),
    "dir-2024-2831-7": _source(
        "Directive (EU) 2024/2831 Art. 7",
        "Platforms process no data on emotional state, private conversations, time off work, or organising; to be "
        "transposed by 2 December 2026. The letters of Art. 7(1) could not be read.",
        Read.REPORT, "dier.gov.mt; digitalpolicyalert.org",
    ),
    "dir-2024-2831-9": _source(
        "Directive (EU) 2024/2831 Art. 9",
        "Workers and their representatives are told of automated monitoring: which data, what for, to whom.",
        Read.TEXT, "fantasticsearch.net (CELEX 02024L2831-20241111)",
    ),
    # -- States of the USA
    "ny-52-c": _source(
        "New York Civil Rights Law § 52-c*2 (L. 2021 ch. 583, from 7 May 2022)",
        "Prior written notice of electronic monitoring on hiring, acknowledged in writing or electronically, and "
        "posted in a conspicuous place. It was added as § 52-c beside another of that number; the `*2` was not found.",
        Read.TEXT, "A.430/S.2628 (nyassembly.gov); hselaw.com, nylaborandemploymentlaw.com",
    ),
    "ct-31-48d": _source(
        "Connecticut Gen. Stat. § 31-48d, as amended by P.A. 26-73 from 1 October 2026",
        "Prior written notice of the types of monitoring and, new, the places on the premises; posted in a conspicuous "
        "place, also there; new employees are told as well.",
        Read.TEXT, "keepinglawsimple.org (P.A. 26-73, in part); cga.ct.gov (P.A. 98-142); adp.com",
    ),
    "de-705": _source(
        "Delaware 19 Del. C. § 705",
        "No monitoring of telephone, e-mail or internet use without notice each day of use, or one notice acknowledged "
        "in writing or electronically.",
        Read.TEXT, "self-law.org, instalawyer.io (text)",
    ),
    "ca-1798-100": _source(
        "California Civ. Code § 1798.100(a) (CCPA, CPRA; employees since 1 January 2023)",
        "Notice at or before collection: categories, purposes, whether sold or shared, how long each is kept.",
        Read.REPORT, "gtlaw-dataprivacydish.com; legalclarity.org; seyfarth.com",
    ),
    "ca-1798-120": _source(
        "California Civ. Code § 1798.120",
        "The right to opt out of the sale or sharing of personal information, at any time.",
        Read.REPORT, "proteuscyber.com (text before the CPRA); seyfarth.com",
    ),
    "il-2-102-l": _source(
        "Illinois Human Rights Act, 775 ILCS 5/2-102(L) (HB 3773, P.A. 103-0804, from 1 January 2026)",
        "No AI that discriminates in decisions about employment; employees are told where AI is used for them. Rules "
        "of 15 May 2026 are proposed; whether they were adopted was not found.",
        Read.REPORT, "paulhastings.com; legiplex.com (enrolled bill, in part); lexblog.com",
    ),
    "nyc-144": _source(
        "New York City Local Law 144 of 2021, Admin. Code § 20-870 and following; 6 RCNY § 5-300 and following",
        "Tools for hiring or promoting: a bias audit not older than a year, its summary published, notice 10 business "
        "days before.",
        Read.REPORT, "hael.ai; mondaq.com; nacmiaslaw.com (6 RCNY § 5-300)",
    ),
    "co-26-189": _source(
        "Colorado SB 26-189 (signed 14 May 2026, from 1 January 2027)",
        "Notice where automated decision-making materially influences a consequential decision, such as on employment. "
        "It repealed SB 24-205, which SB 25B-004 had put off to 30 June 2026 and which never applied.",
        Read.REPORT, "coag.gov/resources/ai; sheppard.com; ailegaljournal.com",
    ),
}  # fmt: skip
"""Id → provision."""
