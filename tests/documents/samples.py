"""One believable paper of each kind, made by the project, for the tests to render and to read."""

from dataclasses import replace
from typing import Any

from refurb.core.documents import UNNUMBERED, DocumentKind
from refurb.documents.checking import as_data
from refurb.documents.papers import (
    SHAPES,
    BeneficiarySheet,
    DepositReceipt,
    DonationAgreement,
    GiftDeed,
    HandoverSheet,
    IntakeCertificate,
    LoanAgreement,
    MatchMinutes,
    NeedSlip,
    Outcome,
    Pick,
    PickingList,
    PickupSlip,
    ReceiptSlip,
    ReturnSlip,
    ReuseStatement,
    RoundSlip,
    Served,
    SolidaritySaleReceipt,
    TransferCertificate,
    WipeCertificate,
)
from refurb.documents.parts import (
    CertifiedMachine,
    CertifiedMedium,
    Contact,
    Counted,
    DeviceLine,
    Envelope,
    Feature,
    Goods,
    Handed,
    Party,
)

WORKSHOP = Party(
    name="Atelier Éloïse",
    legal_type="association d'intérêt général",
    address="12 rue des Lices, 49100 Angers",
    siret="12345678200010",
    rna="W491000001",
    phone="02 41 00 00 01",
    email="bonjour@atelier-eloise.example",
    signatory="Maëlle Sœur",
    quality="présidente",
)
DONOR = Party(
    name="Ardoisières de l'Ouest SAS",
    legal_type="entreprise",
    address="3 quai de la Loire, 49130 Les Ponts-de-Cé",
    siret="98765432100017",
    email="parc@ardoisieres.example",
    signatory="Loïc Thibault",
    quality="directeur des systèmes d'information",
)
CONTACT = Contact(
    name="Accueil de l'atelier",
    phone="02 41 00 00 01",
    place="12 rue des Lices, Angers",
    hours="du mardi au vendredi, 9 h à 12 h",
)


def envelope(kind: DocumentKind) -> Envelope:
    if kind in UNNUMBERED:
        return Envelope(issuer=WORKSHOP)
    return Envelope(
        issuer=WORKSHOP,
        number="ELOISE-2026-00042",
        code="F4900004211",
        shown_code="F 4900 0042 11",
        verify_address="https://refurb.example/verify",
        verify_link="https://refurb.example/verify/5mG0cT1wQx8bZr2LkVn4Hg",
    )


LAPTOP = Handed(
    code="R4900001208",
    form="laptop",
    title="Lenovo ThinkPad T480",
    serial="PF1ABCDE",
    features=[
        Feature(label="Processeur", value="Intel Core i5 (8e génération)"),
        Feature(label="Mémoire", value="8 Go"),
        Feature(label="Stockage", value="SSD 256 Go"),
        Feature(label="Écran", value="14 pouces"),
        Feature(label="Système", value="Linux Mint 22.1, suivi jusqu'en avril 2029"),
    ],
    accessories=["chargeur USB-C 65 W", "souris", "housse"],
    grade="bon état, traces d'usage",
    defects=["coin du capot éraflé"],
    price_cents=None,
)
DEVICES = [
    DeviceLine(
        code="R4900001208", form="laptop", title="Lenovo ThinkPad T480", serial="PF1ABCDE", inventory_number="PC-0341"
    ),
    DeviceLine(code="R4900001305", form="laptop", title="Dell Latitude 5490", serial="7XK2M13", note="sans chargeur"),
    DeviceLine(code="R4900001402", form="desktop", title="HP EliteDesk 800 G3", inventory_number="UC-0077"),
]


def wipe_certificate(document: Envelope) -> WipeCertificate:
    """One machine with a medium of each kind of outcome, one without any."""
    log: dict[str, Any] = {
        "started_at": "2026-11-19T09:12",
        "ended_at": "2026-11-19T10:47",
        "source": "log",
        "tool": "nwipe 0.34",
        "operator": "Loïc Thibault",
        "evidence_sha256": "0f" * 32,
    }
    media = [
        CertifiedMedium(
            number=1, kind="Disque dur", model="Seagate ST500LM021", serial="W620ABCD", size_gb=500, outcome="ok",
            level="clear", method="Zero Fill", verify="last", hidden_area="none", **log,
        ),
        CertifiedMedium(
            number=2, kind="SSD", model="Samsung PM871", serial="S2ABNX0H", size_gb=256, level="none",
            outcome="reservation_accepted", method="PRNG Stream", verify="none", hidden_area="not_checked",
            remarks=["Les zones cachées du disque n'ont pas été vérifiées."], accepted_by="Maëlle Sœur",
            acceptance="Zones lues avec hdparm -N : aucune.", donor_wiped=True, **log,
        ),
        CertifiedMedium(
            number=3, kind="Disque dur", serial="Z1D2", outcome="destroyed", level="destroy",
            attested="percé en trois points", attested_on="2026-11-20", attested_by="Maëlle Sœur", taken_out=True,
        ),
        CertifiedMedium(
            number=4, kind="Disque", outcome="absent", level="none", attested="retiré par le donateur",
            attested_on="2026-11-20", attested_by="Maëlle Sœur",
        ),
    ]  # fmt: skip
    first = {"code": "R 4900 0012 08", "title": "Lenovo ThinkPad T480", "serial": "PF1ABCDE"}
    return WipeCertificate(
        document=document,
        lot_code="D 4900 0008 11",
        former_owner=DONOR,
        holder=WORKSHOP,
        sensitivity="wipe",
        reviewer="Maëlle Sœur",
        reviewed_on="2026-11-21",
        machines=[
            CertifiedMachine(form="laptop", inventory_number="PC-0341", media=media, **first),
            CertifiedMachine(code="R 4900 0014 02", form="desktop", title="HP EliteDesk 800 G3"),
        ],
        uncovered=2,
    )


def papers() -> dict[DocumentKind, Any]:
    """Return a built paper of every kind."""
    kind = DocumentKind
    case: dict[str, Any] = {"handover_code": "H4900000705", "need_code": "N4947301281"}
    built = [
        PickupSlip(
            document=envelope(kind.PICKUP_SLIP),
            lot_code="D4900000811",
            supplier=DONOR,
            collector=WORKSHOP,
            place="3 quai de la Loire, quai n° 2",
            planned_on="2026-12-01",
            window="de 9 h à 11 h",
            contact=CONTACT,
            access="hayon, badge à l'accueil",
            lines=[
                Goods(label="Ordinateurs portables Lenovo T480", quantity=38),
                Goods(label="Écrans 22 pouces", quantity=12, note="câbles VGA et DVI"),
            ],
            chargers=22,
        ),
        ReceiptSlip(
            document=envelope(kind.RECEIPT_SLIP),
            lot_code="D4900000811",
            supplier=DONOR,
            receiver=WORKSHOP,
            received_on="2026-12-01",
            lines=[
                Counted(label="Ordinateurs portables Lenovo T480", declared=40, received=39),
                Counted(label="Souris", declared=0, received=4, note="en plus"),
            ],
            differences=["Une machine annoncée manque : n° d'inventaire PC-0355.", "Deux numéros de série inconnus."],
        ),
        IntakeCertificate(
            document=envelope(kind.INTAKE_CERTIFICATE),
            lot_code="D4900000811",
            supplier=DONOR,
            holder=WORKSHOP,
            received_on="2026-12-01",
            devices=DEVICES,
        ),
        DonationAgreement(
            document=envelope(kind.DONATION_AGREEMENT),
            lot_code="D4900000811",
            donor=DONOR,
            taker=WORKSHOP,
            origin="private",
            regime="patronage",
            lines=[
                Goods(label="Ordinateurs portables Lenovo T480", quantity=38, year="2018", value_cents=380000),
                Goods(label="Écrans 22 pouces", quantity=12, year="2016", value_cents=0),
            ],
            place="3 quai de la Loire, Les Ponts-de-Cé",
            collect_before="2026-12-15",
            disks="wipe",
            resale="none",
        ),
        NeedSlip(
            document=envelope(kind.NEED_SLIP),
            need_code="N4947301281",
            shown_need_code="N 4947 3012 81",
            service="le CCAS de Trélazé",
            contact=Contact(name="Éloïse, au CCAS", phone="02 41 00 00 02", hours="lundi au jeudi, 9 h à 12 h"),
            asked_on="2026-11-20",
            wanted=[
                "un ordinateur portable",
                "pour les devoirs du collège et les démarches",
                "pour 5 personnes, dont 3 élèves",
                "vous pouvez payer jusqu'à 40 €",
            ],
            handover_place="Centre social du Bourg, 4 place de l'Église, Trélazé",
            fresh_until="2027-02-18",
        ),
        PickingList(
            document=envelope(kind.PICKING_LIST),
            workshop="Atelier Éloïse",
            rows=[
                Pick(
                    shelf="A-03",
                    code="R4900001208",
                    title="Lenovo ThinkPad T480",
                    accessories="chargeur USB-C 65 W, souris",
                    need_code="N4947301281",
                    handover_place="Centre social du Bourg",
                ),
                Pick(shelf="B-01", code="R4900001402", title="HP EliteDesk 800 G3", accessories="écran, clavier"),
            ],
        ),
        HandoverSheet(
            document=envelope(kind.HANDOVER_SHEET),
            **case,
            mode="gift",
            place="Centre social du Bourg, Trélazé",
            handed_over_on="2026-12-04",
            agent="Point de remise du Bourg",
            devices=[LAPTOP],
            warranty_until="2027-06-04",
            contact=CONTACT,
            accompaniment="deux heures de prise en main, le 10 décembre à 14 h",
            signature="in_presence",
            witness="l'assistante sociale du CCAS",
        ),
        BeneficiarySheet(
            document=envelope(kind.BENEFICIARY_SHEET),
            code="R4900001208",
            shown_code="R 4900 0012 08",
            form="laptop",
            title="Lenovo ThinkPad T480",
            system="Linux Mint 22.1, suivi jusqu'en avril 2029",
            processor="Intel Core i5",
            memory="8 Go",
            storage="256 Go",
            features=LAPTOP.features[:4],
            accessories=LAPTOP.accessories,
            mode="gift",
            warranty_until="2027-06-04",
            contact=CONTACT,
            accompaniment="Le jeudi à 14 h au Centre social du Bourg. Venez avec votre ordinateur.",
        ),
        LoanAgreement(
            document=envelope(kind.LOAN_AGREEMENT),
            **case,
            devices=[LAPTOP],
            starts_on="2026-12-04",
            ends_on="2027-12-04",
            deposit_cents=None,
            place="Centre social du Bourg, Trélazé",
            contact=CONTACT,
        ),
        GiftDeed(
            document=envelope(kind.GIFT_DEED),
            **case,
            devices=[LAPTOP],
            given_on="2026-12-04",
            place="Centre social du Bourg, Trélazé",
            origin="public",
            warranty_until="2027-06-04",
            contact=CONTACT,
        ),
        SolidaritySaleReceipt(
            document=envelope(kind.SOLIDARITY_SALE_RECEIPT),
            **case,
            devices=[Handed(**{**as_data(LAPTOP), "price_cents": 13000})],
            sold_on="2026-12-04",
            place="Centre social du Bourg, Trélazé",
            total_cents=13000,
            subsidy_cents=8800,
            paid_cents=4200,
            paid_by="carte",
            origin="public",
            warranty_until="2028-12-04",
            contact=CONTACT,
        ),
        TransferCertificate(
            document=envelope(kind.TRANSFER_CERTIFICATE),
            lot_code="D4900000811",
            donor=DONOR,
            taker=WORKSHOP,
            regime="public_association",
            transferred_on="2026-12-01",
            devices=DEVICES,
            act_reference="délibération 2026-114",
            act_on="2026-10-08",
        ),
        ReuseStatement(
            document=envelope(kind.REUSE_STATEMENT),
            lot_code="D4900000811",
            supplier=DONOR,
            holder=WORKSHOP,
            stated_on="2027-06-01",
            rows=[
                Outcome(
                    inventory_number="PC-0341",
                    code="R4900001208",
                    title="Lenovo ThinkPad T480",
                    serial="PF1ABCDE",
                    outcome="reuse",
                    month="2026-12",
                ),
                Outcome(
                    code="R4900001305", title="Dell Latitude 5490", serial="7XK2M13", outcome="parts", month="2027-01"
                ),
                Outcome(code="R4900001402", title="HP EliteDesk 800 G3", outcome="in_progress"),
            ],
        ),
        DepositReceipt(
            document=envelope(kind.DEPOSIT_RECEIPT),
            code="R4900001208",
            shown_code="R 4900 0012 08",
            form="laptop",
            title="Asus X540",
            accessories=["chargeur"],
            deposited_on="2026-11-21",
            place="Atelier Éloïse, Angers",
            disks="wipe",
            contact=CONTACT,
        ),
    ]
    built.append(
        ReturnSlip(
            document=envelope(kind.RETURN_SLIP),
            lot_code="D4900000811",
            supplier=DONOR,
            holder=WORKSHOP,
            returned_on="2026-12-10",
            devices=DEVICES[:1],
            motive="verrou Autopilot non levé",
            wiped=False,
        )
    )
    served = Served(
        need_code="N4947301281",
        points=62,
        device_code="R4900001208",
        why="62 points, puissance juste, même commune",
        decision="mise de côté",
    )
    built.append(
        MatchMinutes(
            document=envelope(kind.MATCH_MINUTES),
            run_on="2026-11-21",
            seed="tirage du 21 novembre",
            digest="0f" * 32,
            method="minimum-cost flow on kinds, in stages; exact",
            versions=[Feature(label="Minimums et maximums", value="version 2")],
            rule=["D'abord les minimums votés.", "Puis les demandes qui ont le plus de points."],
            figures=[Feature(label="Demandes servies", value="41")],
            territories=[Feature(label="Angers Loire Métropole", value="moins de 5")],
            reasons=[Feature(label="D'autres dossiers passent avant", value="12")],
            rows=[served],
            overrides=[replace(served, decision="refusée", motive="Décision du comité")],
        )
    )
    built.append(
        RoundSlip(
            document=envelope(kind.ROUND_SLIP),
            workshop="Atelier Éloïse",
            place="Centre social du Bourg, Trélazé",
            rows=[Pick(shelf="A-03", code="R4900001208", title="Lenovo ThinkPad T480", need_code="N4947301281")],
        )
    )
    built.append(wipe_certificate(envelope(kind.WIPE_CERTIFICATE)))
    by_shape = {shape: kind for kind, shape in SHAPES.items()}
    return {by_shape[type(paper)]: paper for paper in built}
