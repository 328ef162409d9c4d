"""The names under which event fields are found in the wild, best first, in lower case without punctuation."""

from __future__ import annotations

import re
from typing import Final


def _listed(names: str) -> tuple[str, ...]:
    return tuple(names.split())


NAMES: Final[dict[str, tuple[str, ...]]] = {
    "case": _listed(
        "caseconceptname caseid case casenumber caseno casekey traceid trace processinstanceid processinstance "
        "instanceid incidentid incidentnumber ticketid ticketnumber ticket orderid ordernumber applicationid claimid "
        "requestid journeyid patientid episodeid episode sr srnumber id"
    ),
    "action": _listed(
        "conceptname activity activityname activitylabel action actionname eventtype eventname event operation verb "
        "command interaction activiteit aktivität aktivitaet activité actividad step stepname taskname task type status"
    ),
    "worker": _listed(
        "orgresource resource resourcename worker workerid userid username user employee employeeid employeename agent "
        "agentname person performer performedby originator assignee assignedto operator actor author clerk handler "
        "handledby doneby executedby staff staffid owner who medewerker bearbeiter"
    ),
    "app": _listed("targetapp app appname application applicationname program software tool processname system source"),
    "window": _listed("window windowtitle windowname targetsheetname sheetname sheet currentworksheet pagetitle title"),
    "document": _listed(
        "document documentname documentid targetworkbookname workbookname workbook filename filepath file path"
    ),
    "url": _listed("url uri targeturl pageurl browserurl link"),
    "element_role": _listed("elementrole targettagname tagname tag elementtype controltype tagtype"),
    "element_name": _listed(
        "elementname targetname label fieldname field controlname control widget targetinnertext innertext text"
    ),
    "element_id": _listed("elementid targetid celladdress cell controlid id"),
    "element_selector": _listed("elementselector selector xpath cssselector targetselector"),
    "value_before": _listed("valuebefore oldvalue previousvalue before"),
    "value_after": _listed("valueafter content value newvalue cellcontent targetvalue after"),
    "outcome": _listed("outcome caseoutcome result reward success verdict"),
    "duration": _listed(
        "duration durationseconds durations durationsec durationms durationmillis durationmin durationminutes elapsed"
    ),
    "session": _listed("session sessionid"),
    "device": _listed("device deviceid host hostname machine computer"),
    "seq": _listed("seq sequence sequencenumber seqno position eventindex eventno eventnumber"),
    "origin": ("origin",),
    "recorded_at": ("recordedat",),
    "source_version": ("sourceversion",),
    "redactions": ("redactions",),
    "derived_from": ("derivedfrom",),
    "media_sha256": ("mediasha256",),
    "media_offset": ("mediaoffset",),
    "objects": ("objects",),
    "element_bounds": ("elementbounds",),
}

STARTS: Final = _listed("starttimestamp starttime start startdate startdatetime startedat begin begintime")
PLAIN_TIMES: Final = _listed(
    "timetimestamp timestamp time datetime eventtime eventtimestamp eventdatetime date when ts timems timeus "
    "createdat created occurredat loggedat zeit zeitstempel tijd tijdstip fecha datum"
)
ENDS: Final = _listed(
    "completetimestamp completetime endtimestamp endtime end enddate enddatetime endedat finishtime finishedat "
    "completedat completiontime completiondate"
)
SEVERAL: Final = ("value_after", "element_name")
"""Fields for which the first of several columns that says something is taken."""

_NOISE: Final = re.compile(r"[\W_]+")


def bare(name: str) -> str:
    """A column's name in lower case without punctuation: `Complete Timestamp` → `completetimestamp`."""
    return _NOISE.sub("", name.lower())
