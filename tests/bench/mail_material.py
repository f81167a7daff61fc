"""Mails as town halls send them: 5 kB, one in ten with a PDF of 100 kB, one in five an answer to an earlier one."""

import base64
import random

from contracts.envelope import derived_id

SENDERS_OF_A_BODY = 20
_EVERY_FILE, _EVERY_ANSWER = 10, 5
_HEAD = """\
Received: from mail.comune.example (mail.comune.example [203.0.113.25])\r
 by mx.affianca.example (Postfix) with ESMTPS id 4XyZ{number:08d}z9R\r
 for <assistenza@affianca.example>; Tue, 24 Nov 2026 10:12:31 +0100 (CET)\r
Received: from PC-TECNICO-04 (pc04.comune.local [10.1.4.17])\r
 (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r
 by mail.comune.example (Postfix) with ESMTPSA id 7C1D{number:08d};\r
 Tue, 24 Nov 2026 10:12:30 +0100 (CET)\r
Authentication-Results: mx.affianca.example; dkim=pass header.d=comune.example;\r
 spf=pass smtp.mailfrom=comune.example; dmarc=pass header.from=comune.example\r
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=comune.example; s=2026;\r
 h=from:to:subject:date:message-id:mime-version:content-type; bh={bulk};\r
 b={bulk}{bulk}{bulk}\r
From: =?utf-8?Q?Anna_Bianchi_=E2=80=93_Ufficio_tecnico?= <{sender}>\r
To: "Assistenza" <assistenza@affianca.example>\r
Subject: {subject}\r
Date: Tue, 24 Nov 2026 10:12:29 +0100\r
Message-ID: {id}\r
{answered}Thread-Topic: Parere\r
Accept-Language: it-IT, en-US\r
X-Mailer: Microsoft Outlook 16.0\r
MIME-Version: 1.0\r
"""
_TEXT = (
    "Buongiorno,=0D=0A\r\n\r\nil Comune chiede assistenza per {what} relativ{end} al procedimento numero {number}. "
    "L'istruttoria =C3=A8 =\r\nferma dal mese di marzo perch=C3=A9 i pareri degli enti coinvolti sono discordi e =\r\n"
    "l'ufficio tecnico, che conta due persone, non ha mai trattato una procedura =\r\ndi questo genere. Si chiede di "
    "indicare i termini da rispettare, gli atti =\r\nda acquisire e uno schema di determinazione conclusiva. Si "
    "allegano =\r\nl'istanza, i pareri ricevuti e la corrispondenza con la Provincia.\r\n\r\nCordiali saluti\r\n-- "
    "\r\nAnna Bianchi\r\nUfficio tecnico - Tel. 0332 000000\r\nQuesto messaggio =C3=A8 riservato.\r\n"
)
_STYLE = (
    "<style>p.MsoNormal {margin:0cm; font-size:11.0pt; font-family:Calibri,sans-serif;} a:link {color:#0563C1;}</style>"
)
_HTML = '<html><head><meta http-equiv=3D"Content-Type" content=3D"text/html; charset=3Dutf-8">=\r\n{style}</head>'
_SUBJECTS = (
    ("la bonifica di una ex discarica", "a"),
    ("la valutazione di impatto ambientale", "a"),
    ("l'autorizzazione unica ambientale", "a"),
    ("l'affidamento di un appalto di lavori", "o"),
    ("un permesso di costruire in sanatoria", "o"),
    ("la manutenzione del ponte comunale", "a"),
)


def sender(body: int, number: int) -> str:
    """The address of an official."""
    return f"tecnico{number}.b{body}@comune.example"


def person(body: int, number: int) -> str:
    """Their id."""
    return derived_id("bench", "mail", str(body), str(number))


def mail(number: int, run: str, bodies: int) -> tuple[str, bytes]:
    """The return path and the mail with this running number; an answer is its author's, about a mail long before."""
    place = number % (bodies * SENDERS_OF_A_BODY)
    author = sender(place % bodies, place // bodies)
    answers = number % _EVERY_ANSWER == 0 and number >= 2 * bodies * SENDERS_OF_A_BODY
    earlier = number - bodies * SENDERS_OF_A_BODY
    what, end = _SUBJECTS[number % len(_SUBJECTS)]
    bulk = base64.b64encode(random.Random(number).randbytes(48)).decode()
    head = _HEAD.format(
        number=number, sender=author, bulk=bulk, id=_id(run, number),
        subject=f"{'R: ' if answers else ''}Parere su {what}",
        answered=f"In-Reply-To: {_id(run, earlier)}\r\nReferences: {_id(run, earlier)}\r\n" if answers else "",
    )  # fmt: skip
    text = _TEXT.format(what=what, end=end, number=number)
    if answers:
        text += "\r\n".join(["Da: Assistenza", "Inviato: marted=C3=AC 24 novembre 2026 09:00", "A: Anna Bianchi",
                             "Oggetto: Parere", "", *text.splitlines()])  # fmt: skip
    return author, (head + _whole(number, text)).encode("ascii")


def _whole(number: int, text: str) -> str:
    html = _HTML.format(style=_STYLE) + "".join(
        f"<body><p class=3DMsoNormal>{line}<o:p></o:p></p>=\r\n" for line in text.split("\r\n")
    )
    both = _parts("alt", ("text/plain; charset=\"utf-8\"", "quoted-printable", text),
                  ("text/html; charset=\"utf-8\"", "quoted-printable", html + "</body></html>"))  # fmt: skip
    alternatives = f'Content-Type: multipart/alternative; boundary="alt"\r\n\r\n{both}'
    if number % _EVERY_FILE:
        return alternatives
    content = base64.encodebytes(random.Random(number).randbytes(74_000)).decode().replace("\n", "\r\n")
    file = 'application/pdf; name="istanza.pdf"\r\nContent-Disposition: attachment; filename="istanza.pdf"'
    mixed = f"--mix\r\n{alternatives}\r\n{_part('mix', (file, 'base64', content))}--mix--\r\n"
    return f'Content-Type: multipart/mixed; boundary="mix"\r\n\r\n{mixed}'


def _parts(boundary: str, *parts: tuple[str, str, str]) -> str:
    return "".join(_part(boundary, part) for part in parts) + f"--{boundary}--\r\n"


def _part(boundary: str, part: tuple[str, str, str]) -> str:
    kind, encoding, content = part
    return f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{content}\r\n"


def _id(run: str, number: int) -> str:
    return f"<{number}.{run}@comune.example>"
