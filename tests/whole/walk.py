"""One machine's way through the whole chain, by the pages alone, on a screen the size of a phone.

Each function is one person's visit. Nothing reaches into the database: what a person cannot read on a page or in a
mail, the walk does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyotp

from tests.whole.small_world import PASSWORD, World
from tests.whole.walk_inputs import Inputs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PHONE = {"width": 360, "height": 740}
DEVICE = re.compile(r"R[\s\u00a0\u202f]?\d{4}[\s\u00a0\u202f]?\d{4}[\s\u00a0\u202f]?\d{2}")


def compact(code: str) -> str:
    """Return a code as it is typed."""
    return re.sub(r"\W", "", code)


@dataclass
class Walk:
    """Who walks where, what was learned on the way, and what went by."""

    browser: Browser
    world: World
    say: Callable[[str], None] = lambda _: None
    shots: Path | None = None
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def page(self, who: str = "") -> Page:
        """Return a page of somebody's own browser, signed in; of a stranger's for an empty name."""
        if who not in self.contexts:
            context = self.browser.new_context(viewport=PHONE, locale="fr-FR", has_touch=True, is_mobile=True)  # type: ignore[arg-type]
            self.contexts[who] = context
            context.set_default_timeout(120_000)
            page = context.new_page()
            page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
            page.on("response", self._answered)
            if who:
                page.goto(f"{self.world.address}/sign-in")
                page.get_by_label("Adresse de courriel").fill(f"{who}@walk.example")
                page.get_by_label("Mot de passe").fill(PASSWORD)
                page.get_by_role("button", name="Se connecter").click()
                page.wait_for_url(lambda url: "/sign-in" not in url)
                if "/second-factor/" in page.url:
                    self._relate_telephone(page)
        return self.contexts[who].pages[0]

    def _relate_telephone(self, page: Page) -> None:
        """Give the code that a telephone would show: who coordinates signs in with one."""
        key = page.locator("main .code").first.inner_text()
        page.get_by_label("Code à six chiffres").fill(pyotp.TOTP("".join(key.split())).now())
        page.get_by_role("button", name="Relier ce téléphone").click()
        page.get_by_role("heading", name="Vos codes de secours").wait_for()

    def _answered(self, response: object) -> None:
        status, url = getattr(response, "status", 0), getattr(response, "url", "")
        if status >= 500 or not str(url).startswith((self.world.address, "data:", "blob:")):
            self.faults.append(f"{status} {url}")

    def open(self, who: str, path: str) -> Page:
        """Open an address as somebody."""
        page = self.page(who)
        answer = page.goto(self.world.address + path)
        assert answer is not None, path
        assert answer.status == 200, (path, answer.status, page.inner_text("main")[:300])
        return page

    def shot(self, page: Page, name: str) -> None:
        """Keep a picture of a page where somebody wants to look."""
        if self.shots is not None:
            page.screenshot(path=str(self.shots / f"{name}.png"), full_page=True)

    def close(self) -> None:
        """Close every browser window."""
        for context in self.contexts.values():
            context.close()


def today() -> date:
    """Return the date where the instance is."""
    return datetime.now(ZoneInfo("Europe/Paris")).date()


def heading(page: Page) -> str:
    """Return the title a person reads."""
    return page.locator("h1").inner_text()


def give(walk: Walk, workbook: Path) -> str:
    """A company's IT manager gives what a workbook lists; return the link that follows the gift."""
    page = walk.open("", "/give")
    page.get_by_role("link", name="Commencer").first.click()
    page.get_by_label("Une entreprise", exact=True).check()
    page.get_by_label("Nom de l'organisation").fill("Les Ateliers du Fromentin")
    page.get_by_label("Numéro SIRET").fill("732 829 320 00074")
    page.locator("#first_name").fill("Camille Essai")
    page.locator("#first_email").fill("dsi@donor.example")
    walk.shot(page, "1-who")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Envoyer un fichier").click()
    page.locator("input[type=file]").set_input_files(str(workbook))
    page.get_by_role("button", name="Lire le fichier").click()
    assert "préparer" not in heading(page)
    walk.shot(page, "2-preview")
    walk.say(f"preview of {workbook.name}: " + " · ".join(page.locator("main .figures").inner_text().split("\n")))
    page.get_by_role("button", name="C'est bon, continuer").click()
    page.get_by_role("button", name="Continuer").click()
    page.locator("input[name=wiped][value=none]").check()
    page.locator("input[name=disk_wish][value=wipe]").check()
    page.locator("input[name=chargers][value=all]").check()
    page.get_by_role("button", name="Continuer").click()
    page.locator("#address").fill("12 rue du Fromentin")
    page.locator("#postcode").fill("49000")
    page.locator("#commune").fill("Angers")
    page.locator("#slots").fill("Mardi et jeudi matin")
    page.get_by_role("button", name="Continuer").click()
    walk.shot(page, "3-check")
    page.locator("#signatory_name").fill("Camille Essai")
    page.locator("#signatory_role").fill("Responsable informatique")
    page.locator("#conditions").check()
    page.get_by_role("button", name="Envoyer le don").click()
    walk.shot(page, "4-follow")
    walk.world.wait_for_worker()
    letters = walk.world.letters("dsi@donor.example")
    assert letters, "the giver received no mail"
    link = re.search(r"http://\S*/gift/\S+", letters[-1])
    assert link is not None, letters[-1]
    walk.say(f"gift sent: {heading(page)}; mail: {letters[-1].splitlines()[0]}")
    return link.group().removeprefix(walk.world.address)


def receive(walk: Walk, inputs: Inputs) -> dict[str, str]:
    """Examine, offer, collect and count the gift; return the codes of the machines born, by serial.

    All but the last of the declared lines arrive; one machine nobody declared arrives too.
    """
    lines = inputs.lines
    page = walk.open("coordination", "/donations")
    page.locator("main a[href*='/donations/D']").first.click()
    page.get_by_role("button", name="Accepter tout ce qui reste à examiner").click()
    page.get_by_role("link", name="Choisir l'atelier").click()
    walk.shot(page, "5-offer")
    page.get_by_role("button", name="Proposer").click()
    lot = page.url.removeprefix(walk.world.address)

    page = walk.open("atelier", lot)
    page.get_by_role("button", name="Nous le prenons").click()
    page.locator("#on").fill((today() + timedelta(days=3)).isoformat())
    page.get_by_role("button", name="Prévenir le donateur").click()
    page.locator("#count").fill(str(len(lines)))
    page.get_by_role("button", name="C'est chargé").click()
    for line in lines[:-1]:
        page.locator("#text").fill(line["serial"])
        page.get_by_role("button", name="Compter", exact=True).click()
    page.locator("#text").fill(inputs.extra)
    page.get_by_role("button", name="Compter", exact=True).click()
    walk.shot(page, "6-count")
    page.get_by_role("button", name="Recevoir en plus").first.click()
    born = page.locator("main").inner_text()
    walk.say("count: " + " · ".join(page.locator("main .figures").inner_text().split("\n")))
    page.locator("#chargers").fill(str(len(lines)))
    page.get_by_role("button", name="Terminer").click()
    assert DEVICE.search(born), born[:500]
    codes = {}
    for serial in [*(line["serial"] for line in lines[:-1]), inputs.extra]:
        found = walk.open("atelier", f"/search?q={serial}")
        match = re.search(r"/devices/(R\d{10})", found.url + " " + found.locator("main").inner_html())
        assert match, (serial, found.url)
        codes[serial] = match.group(1)
    walk.say(f"{len(codes)} machines born, the first {next(iter(codes.values()))}")
    return codes


def tick(page: Page, selector: str) -> None:
    """Choose a round button or a box by its label, as a finger does: a card covers its button."""
    control = page.locator(selector).first
    page.locator(f"label[for='{control.get_attribute('id')}']").click()
    assert control.is_checked(), selector


def status(page: Page) -> str:
    """Return the status that a machine's page shows first."""
    return page.locator("main .badge-state").first.inner_text().strip()


def workshop(walk: Walk, code: str, inputs: Inputs) -> None:
    """Bring one machine from the counter to the stock: scan, evidence, system, control, label, shelf."""
    page = walk.open("atelier", f"/devices/{code}")
    walk.shot(page, "7-device")
    page.get_by_role("button", name="Inventorier").first.click()
    found = scan(walk, "atelier", code)
    assert compact(code) in compact(found), found
    walk.say(f"scan desk: {found}")
    for report in (inputs.report, inputs.wipe_log()):
        page = walk.open("atelier", f"/devices/{code}")
        page.locator("input[type=file]").set_input_files(str(report))
        page.get_by_role("button", name="Lire ces fichiers").click()
    page = walk.open("atelier", f"/devices/{code}")
    walk.shot(page, "8-evidence")
    walk.say(f"after the reports: {status(page)}")
    page.get_by_role("link", name=re.compile("Indiquer le système|Noter le système")).first.click()
    tick(page, "input[name=os_id]")
    page.get_by_role("button", name="Noter ce système").click()

    page = walk.open("controle", f"/workshop/{code}/control")
    for group in page.locator("main input[value=ok]").all():
        tick(page, f"#{group.get_attribute('id')}")
    tick(page, "input[name=grade][value=B]")
    page.locator("#charger").fill("USB-C 65 W")
    walk.shot(page, "9-control")
    page.get_by_role("button", name="Enregistrer le contrôle").click()
    page = walk.open("controle", f"/labels/prepare?codes={code}")
    walk.shot(page, "10-label")
    # What the button sends, without the PDF viewer that would take the page's place.
    fields = page.locator("form[action*='/labels/print']").evaluate("form => Object.fromEntries(new FormData(form))")
    printed = page.request.post(f"{walk.world.address}/labels/print", form=fields)
    assert printed.body().startswith(b"%PDF"), printed.status
    page = walk.open("controle", f"/devices/{code}")
    walk.say(f"after the control and the label: {status(page)}")
    if "stock" not in status(page).lower():
        page.get_by_role("button", name=re.compile("stock")).first.click()
        page = walk.open("controle", f"/devices/{code}")
    walk.shot(page, "11-stock")
    assert status(page) == "En stock", status(page)


def scan(walk: Walk, who: str, text: str) -> str:
    """Read a text at the desk; return the answer's words."""
    page = walk.open(who, "/scan")
    page.locator("#desk-text").fill(text)
    page.locator("#desk-text").press("Enter")
    # Before the first scan the same frame says "À vous", without an answer.
    answer = page.locator(".desk-answer[data-answer]")
    answer.wait_for()
    walk.shot(page, f"desk-{who}")
    return " ".join(answer.inner_text().split())


def ask(walk: Walk) -> str:
    """A social worker expresses a need; return its code."""
    page = walk.open("prescripteur", "/needs/new")
    walk.shot(page, "12-need")
    choose(page, "usage_1", "procedures")
    page.locator("#commune").fill("Angers")
    page.locator("#persons").fill("4")
    page.locator("#pupils").fill("2")
    for name, value in (
        ("equipment", "phone_only"),
        ("format", "laptop"),
        ("eligibility", "income_quotient"),
        ("can_pay", "no"),
        ("loan_suits", "yes"),
        ("informed_how", "in_person"),
    ):
        choose(page, name, value)
    page.locator("#informed_on").fill(today().isoformat())
    choose(page, "not_equipped", "yes")
    page.locator("#handover_place").select_option(index=1)
    page.get_by_role("button", name="Envoyer la demande").click()
    page.wait_for_url(re.compile(r"/needs/N"))
    walk.shot(page, "13-need-sent")
    found = re.search(r"/needs/(N\d{10})", page.url)
    assert found, (page.url, page.locator("main").inner_text()[:800])
    code = found.group(1)
    slip = walk.page("prescripteur").request.get(f"{walk.world.address}/needs/{code}/slip.pdf")
    assert slip.headers["content-type"] == "application/pdf", slip.status
    walk.say(f"need {code}: {status(page)}; slip of {len(slip.body())} bytes")
    return code


def choose(page: Page, name: str, value: str) -> None:
    """Answer a question, whether it is asked by a list or by round buttons."""
    radio = page.locator(f"input[name={name}][value={value}]")
    if radio.count():
        tick(page, f"input[name={name}][value={value}]")
    else:
        page.locator(f"select[name={name}]").select_option(value)


def match(walk: Walk, need: str, code: str) -> None:
    """The coordination sets the machine aside, the service agrees on a time, the workshop gets it ready."""
    page = walk.open("coordination", f"/matching/needs/{need}")
    walk.shot(page, "14-match")
    assert compact(code) in compact(page.locator("main").inner_text())
    page.get_by_role("button", name=re.compile("Mettre de côté")).first.click()
    page = walk.open("prescripteur", f"/needs/{need}")
    walk.shot(page, "15-proposal")
    page.get_by_role("button", name=re.compile("convient|Accepter|Oui")).first.click()
    page = walk.open("prescripteur", f"/handover/{need}/plan")
    page.get_by_role("button", name="Noter le rendez-vous").click()
    page = walk.open("atelier", "/matching/picking")
    walk.shot(page, "16-picking")
    assert compact(code) in compact(page.locator("main").inner_text())
    page = walk.open("atelier", f"/devices/{code}")
    page.locator("main .next").first.get_by_role("button").first.click()
    walk.say(f"picked: {status(walk.open('atelier', f'/devices/{code}'))}")


def hand_over(walk: Walk, need: str, code: str) -> None:
    """The hand-over agent scans the machine, agrees on the terms, and prints the household's papers."""
    page = walk.open("remise", f"/handover/{need}")
    page.locator("#device").fill(code)
    page.get_by_role("button", name="Vérifier").click()
    walk.shot(page, "17-handover")
    choose(page, "mode", "gift")
    page.locator("#contact_name").fill("L'accueil de l'atelier")
    page.locator("#contact_phone").fill("02 41 00 00 00")
    tick(page, "input[name=signature]")
    page.get_by_role("button", name="Remettre la machine").click()
    walk.world.wait_for_worker()
    page.reload()
    walk.shot(page, "18-performed")
    papers = page.locator("main a[href$='.pdf']").evaluate_all("links => links.map(link => link.href)")
    assert len(papers) >= 3, papers
    for address in papers:
        answer = page.request.get(address)
        assert answer.body().startswith(b"%PDF"), address
    walk.say(f"handed over with {len(papers)} papers")


def outcome(walk: Walk, link: str, serial: str) -> None:
    """The giver's link says what became of the machine, and nothing of where or of whom."""
    page = walk.open("", link)
    walk.shot(page, "19-outcome")
    text = page.locator("main").inner_text()
    row = page.locator("main tr", has_text=serial).first.inner_text()
    assert "Réemploy" in row or "Remis" in row, row
    for told in ("Point de remise", "Service de l'essai", "foyer d"):
        assert told not in text, told
    walk.say("the giver reads: " + " ".join(row.split()))


def whole(walk: Walk, inputs: Inputs) -> None:
    """Walk the chain from the giver's form to the giver's page that says what became of it."""
    link = give(walk, inputs.workbook)
    code = receive(walk, inputs)[inputs.followed]
    workshop(walk, code, inputs)
    need = ask(walk)
    match(walk, need, code)
    hand_over(walk, need, code)
    outcome(walk, link, inputs.followed)
    assert walk.faults == []
