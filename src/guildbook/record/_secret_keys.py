"""Keys that tell by their form whose they are: the prefixes and lengths that makers document."""

from __future__ import annotations

from typing import Final

KEYS: Final = (
    r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b",  # Amazon
    r"gh[pousr]_[A-Za-z0-9]{30,255}", r"github_pat_[A-Za-z0-9_]{40,255}",
    r"gl(?:pat|rt|dt|ptt|ft|soat|cbt|agent|imt|oas)-[A-Za-z0-9_\-.]{20,255}",  # GitLab
    r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9\-]{10,255}", r"xapp-[0-9]-[A-Za-z0-9\-]{20,255}",
    r"(?:sk|rk|pk)[-_](?:live|test|proj|ant|svcacct|admin|or-v1)[-_][A-Za-z0-9_\-]{16,255}",
    r"sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}", r"sk-[A-Za-z0-9]{32,64}\b", r"whsec_[A-Za-z0-9+/=]{24,128}",
    r"AIza[A-Za-z0-9_\-]{35}", r"ya29\.[A-Za-z0-9_\-]{20,255}", r"GOCSPX-[A-Za-z0-9_\-]{20,64}",  # Google
    r"(?:SK|AC)[0-9a-f]{32}\b", r"SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}",  # Twilio, SendGrid
    r"key-[0-9a-f]{32}\b", r"[0-9a-f]{32}-us[0-9]{1,2}\b",  # Mailgun, Mailchimp
    r"npm_[A-Za-z0-9]{36}", r"pypi-[A-Za-z0-9_\-]{50,255}", r"dckr_(?:pat|oat)_[A-Za-z0-9_\-]{20,64}",
    r"do[opr]_v1_[0-9a-f]{64}", r"HRKU-[A-Za-z0-9_\-]{30,80}", r"shp(?:at|ss|ca|pa|tka)_[0-9A-Za-z]{32}",
    r"sq0[a-z]{3}-[A-Za-z0-9_\-]{20,64}", r"EAAA[A-Za-z0-9_\-]{50,80}\b",  # Square
    r"(?:hf|api_org)_[A-Za-z0-9]{30,40}\b", r"r8_[A-Za-z0-9]{30,40}", r"gsk_[A-Za-z0-9]{40,64}",
    r"xai-[A-Za-z0-9]{40,100}",
    r"dapi[0-9a-f]{32}\b", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}", r"glc_[A-Za-z0-9+/=]{32,255}",  # Databricks, Grafana
    r"lin_(?:api|oauth)_[A-Za-z0-9]{30,64}", r"ntn_[A-Za-z0-9]{40,60}", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    r"figd_[A-Za-z0-9_\-]{30,64}", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", r"NR(?:AK|II|JS|RA)-[A-Za-z0-9]{20,64}",
    r"sntry[su]_[A-Za-z0-9+/=_]{40,255}", r"hv[sbr]\.[A-Za-z0-9_\-]{20,255}",
    r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.]{40,80}",
    r"[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}", r"ATATT3xFfGF0[A-Za-z0-9_\-=]{40,255}",
    r"ATBB[A-Za-z0-9]{28,40}\b",  # Telegram …
    r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_\-.=]{30,64}", r"sbp_[0-9a-f]{40}", r"nfp_[A-Za-z0-9]{36}",
    r"rubygems_[0-9a-f]{48}", r"sl\.[A-Za-z0-9_\-]{100,255}", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-=]{60,80}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{58}",
)  # fmt: skip
"""Each a whole key; before it stands no letter or digit."""
KEYS_RE2: Final = (
    r"AKIA|ASIA|AROA|AIDA|ABIA|ACCA|gh[pousr]_|github_pat|gl(?:pat|rt|dt|ptt|ft|soat|cbt|agent|imt|oas)-|xox|xapp-"
    r"|[srp]k[-_]"
    r"|whsec_|AIza|ya29|GOCSPX|(?:SK|AC)[0-9a-f]{32}|SG\.|key-[0-9a-f]{32}|[0-9a-f]{32}-us|npm_|pypi-|dckr_"
    r"|do[opr]_v1|HRKU-|shp[a-z]{2,3}_|sq0"
    r"|EAAA|hf_|api_org_|r8_|gsk_|xai-|dapi[0-9a-f]|glsa_|glc_|lin_|ntn_|pat[0-9a-z]{14}\.|figd_|PMAK-|NR(?:AK|II"
    r"|JS|RA)-|sntry|hv[sbr]\.|dp\.[a-z]"
    r"|:AA[0-9a-z_-]{33}|ATATT3|ATBB|pscale_|sbp_|nfp_|rubygems_|sl\.[0-9a-z_-]{80}|atlasv1|AGE-SECRET"
)
"""What is in each of them, in RE2's language, in any letter case."""
