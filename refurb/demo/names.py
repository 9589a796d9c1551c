"""What the demo is told with: organisations, places and machines. All invented, on real communes; nobody is real."""

from dataclasses import dataclass, field

from refurb.core.equipment import Form
from refurb.core.permissions import OrganisationRole, Role
from refurb.organisations.models import LegalType

R, T = OrganisationRole, LegalType

PASSWORD = "refurb-demo"  # noqa: S105 - the demo's, printed when it starts


@dataclass(frozen=True)
class Body:
    """One organisation: its name, what it is, the commune it stands in (a name that the territory knows)."""

    name: str
    legal_type: LegalType
    commune: str
    roles: tuple[OrganisationRole, ...]
    short: str | None = None
    capacity: int | None = None
    #: EPCI, by the commune of one member; none: everywhere.
    reach: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


COORDINATION = Body(
    "Coordination Anjou Réemploi", T.ASSOCIATION_GENERAL_INTEREST, "Angers", (R.COORDINATION,), short="Coordination"
)

SUPPLIERS = (
    Body("Ardoise Assurances", T.COMPANY, "Angers", (R.SUPPLIER,)),
    Body("Communauté d'agglomération des Deux Rives", T.LOCAL_AUTHORITY, "Angers", (R.SUPPLIER,)),
    Body("Direction des services du Val", T.STATE, "Angers", (R.SUPPLIER,)),
    Body("Mécanique des Mauges", T.COMPANY, "Beaupréau-en-Mauges", (R.SUPPLIER,)),
    Body("Centre hospitalier des Tuffeaux", T.PUBLIC_ESTABLISHMENT, "Saumur", (R.SUPPLIER,)),
    Body("Mouchoirs et Toiles de Cholet", T.COMPANY, "Cholet", (R.SUPPLIER,)),
    Body("Lycée des Basses Vallées", T.PUBLIC_ESTABLISHMENT, "Trélazé", (R.SUPPLIER,)),
    Body("Coopérative des Vergers", T.COMPANY, "Loire-Authion", (R.SUPPLIER,)),
    Body("Mairie de Segré-en-Anjou Bleu (services)", T.LOCAL_AUTHORITY, "Segré-en-Anjou Bleu", (R.SUPPLIER,)),
    Body("Imprimerie du Layon", T.COMPANY, "Lys-Haut-Layon", (R.SUPPLIER,)),
    Body("Mutuelle des Coteaux", T.COMPANY, "Chalonnes-sur-Loire", (R.SUPPLIER,)),
    Body("Fondation du Baugeois", T.FOUNDATION, "Baugé-en-Anjou", (R.SUPPLIER,)),
)

WORKSHOPS = (
    Body("Atelier du Port", T.ASSOCIATION_GENERAL_INTEREST, "Angers", (R.REFURBISHER,), "Port", 60,
         places=("Étagère A1", "Étagère A2", "Étagère B1", "Quai de réception")),
    Body("Les Deux Tournevis", T.ASSOCIATION_GENERAL_INTEREST, "Cholet", (R.REFURBISHER,), "Tournevis", 40,
         ("Cholet", "Beaupréau-en-Mauges", "Lys-Haut-Layon"), ("Rayon 1", "Rayon 2")),
    Body("Ressourcerie du Thouet", T.ASSOCIATION_PUBLIC_UTILITY, "Saumur", (R.REFURBISHER,), "Thouet", 35,
         ("Saumur", "Baugé-en-Anjou"), ("Étagère haute", "Étagère basse")),
    Body("Chantier Octets d'Anjou", T.ASSOCIATION_GENERAL_INTEREST, "Trélazé", (R.REFURBISHER,), "Octets", 45,
         places=("Travée 1", "Travée 2")),
    Body("Bleu Ardoise Informatique", T.ASSOCIATION_GENERAL_INTEREST, "Segré-en-Anjou Bleu", (R.REFURBISHER,),
         "Ardoise", 20, ("Segré-en-Anjou Bleu", "Le Lion-d'Angers"), ("Étagère 1",)),
    Body("La Puce des Mauges", T.ASSOCIATION_GENERAL_INTEREST, "Chemillé-en-Anjou", (R.REFURBISHER,), "Puce", 25,
         ("Chemillé-en-Anjou",), ("Étagère 1",)),
    Body("Repair'Loire", T.ASSOCIATION_GENERAL_INTEREST, "Les Ponts-de-Cé", (R.REFURBISHER,), "Loire", 15,
         places=("Armoire",)),
    Body("Atelier solidaire de Doué", T.SOCIAL_ENTERPRISE, "Doué-en-Anjou", (R.REFURBISHER,), "Doué", 20,
         ("Saumur",), ("Étagère 1",)),
    Body("Seconde Mémoire", T.ASSOCIATION_GENERAL_INTEREST, "Baugé-en-Anjou", (R.REFURBISHER,), "Mémoire", 12,
         ("Baugé-en-Anjou",), ("Étagère 1",)),
    Body("Clavier Commun", T.ASSOCIATION_GENERAL_INTEREST, "Tiercé", (R.REFURBISHER,), "Clavier", 10,
         ("Tiercé",), ("Étagère 1",)),
    Body("Les Bidouilleurs du Layon", T.ASSOCIATION_GENERAL_INTEREST, "Bellevigne-en-Layon", (R.REFURBISHER,),
         "Layon", 12, ("Bellevigne-en-Layon",), ("Étagère 1",)),
    Body("Atelier bénévole d'Avrillé", T.ASSOCIATION_GENERAL_INTEREST, "Avrillé", (R.REFURBISHER,), "Avrillé", 8,
         places=("Étagère 1",)),
)  # fmt: skip

PRESCRIBERS = (
    Body("Maison des solidarités Angers Centre", T.LOCAL_AUTHORITY, "Angers", (R.PRESCRIBER,)),
    Body("CCAS de Cholet (accueil social)", T.PUBLIC_ESTABLISHMENT, "Cholet", (R.PRESCRIBER,)),
    Body("Mission jeunes Saumurois", T.ASSOCIATION, "Saumur", (R.PRESCRIBER,)),
    Body("Espace France Services de Segré", T.LOCAL_AUTHORITY, "Segré-en-Anjou Bleu", (R.PRESCRIBER,)),
    Body("Service social des Mauges", T.LOCAL_AUTHORITY, "Beaupréau-en-Mauges", (R.PRESCRIBER,)),
    Body("Point accueil de Trélazé", T.PUBLIC_ESTABLISHMENT, "Trélazé", (R.PRESCRIBER,)),
    Body("Accueil social du Baugeois", T.LOCAL_AUTHORITY, "Baugé-en-Anjou", (R.PRESCRIBER,)),
    Body("Relais emploi du Layon", T.ASSOCIATION, "Bellevigne-en-Layon", (R.PRESCRIBER,)),
    Body("Centre social des Hauts", T.ASSOCIATION, "Les Hauts-d'Anjou", (R.PRESCRIBER,)),
    Body("Foyer des jeunes travailleurs du Val", T.ASSOCIATION, "Avrillé", (R.PRESCRIBER,)),
    Body("Service social de Loire-Authion", T.PUBLIC_ESTABLISHMENT, "Loire-Authion", (R.PRESCRIBER,)),
    Body("Accueil des familles de Doué", T.ASSOCIATION, "Doué-en-Anjou", (R.PRESCRIBER,)),
)

HANDOVER = (
    Body("Maison de quartier des Justices", T.ASSOCIATION, "Angers", (R.HANDOVER_POINT,)),
    Body("Médiathèque de Cholet, espace public numérique", T.LOCAL_AUTHORITY, "Cholet", (R.HANDOVER_POINT,)),
    Body("Maison des services de Saumur", T.LOCAL_AUTHORITY, "Saumur", (R.HANDOVER_POINT,)),
    Body("Espace numérique de Segré", T.LOCAL_AUTHORITY, "Segré-en-Anjou Bleu", (R.HANDOVER_POINT,)),
    Body("Maison commune de Beaupréau", T.LOCAL_AUTHORITY, "Beaupréau-en-Mauges", (R.HANDOVER_POINT,)),
    Body("Centre social de Trélazé", T.ASSOCIATION, "Trélazé", (R.HANDOVER_POINT,)),
    Body("Maison des associations de Baugé", T.ASSOCIATION, "Baugé-en-Anjou", (R.HANDOVER_POINT,)),
    Body("Point numérique du Layon", T.LOCAL_AUTHORITY, "Lys-Haut-Layon", (R.HANDOVER_POINT,)),
    Body("Maison de services de Tiercé", T.LOCAL_AUTHORITY, "Tiercé", (R.HANDOVER_POINT,)),
    Body("Tiers-lieu de Chalonnes", T.ASSOCIATION, "Chalonnes-sur-Loire", (R.HANDOVER_POINT,)),
    Body("Espace Loire-Authion", T.LOCAL_AUTHORITY, "Loire-Authion", (R.HANDOVER_POINT,)),
    Body("Maison du Lion", T.LOCAL_AUTHORITY, "Le Lion-d'Angers", (R.HANDOVER_POINT,)),
)

STRUCTURES = (
    Body("Médiathèque des Ponts", T.LOCAL_AUTHORITY, "Les Ponts-de-Cé", (R.STRUCTURE,)),
    Body("Centre social du Chemin vert", T.ASSOCIATION, "Saumur", (R.STRUCTURE,)),
    Body("Espace jeunes de Chemillé", T.ASSOCIATION, "Chemillé-en-Anjou", (R.STRUCTURE,)),
    Body("Bus numérique du Segréen", T.LOCAL_AUTHORITY, "Segré-en-Anjou Bleu", (R.STRUCTURE,)),
)


@dataclass(frozen=True)
class Person:
    """One account of the demo: the first part of its address, a name nobody bears, where, and as what."""

    login: str
    name: str
    body: str
    roles: tuple[Role, ...]
    more: tuple[tuple[str, tuple[Role, ...]], ...] = field(default=())


PEOPLE = (
    Person("fournisseur", "Alix Donnequoi", SUPPLIERS[0].name, (Role.SUPPLIER,)),
    Person("atelier", "Noa Tournevis", WORKSHOPS[0].name, (Role.TECHNICIAN,)),
    Person("controle", "Sacha Verifie", WORKSHOPS[0].name, (Role.CONTROLLER, Role.TECHNICIAN)),
    Person("prescripteur", "Charlie Guichet", PRESCRIBERS[0].name, (Role.PRESCRIBER,)),
    Person("structure", "Lou Rayonnage", STRUCTURES[0].name, (Role.STRUCTURE,)),
    Person("remise", "Eden Comptoir", HANDOVER[0].name, (Role.HANDOVER_AGENT,)),
    Person("coordination", "Maxime Boussole", COORDINATION.name, (Role.COORDINATOR,)),
    Person("admin", "Dany Trousseau", COORDINATION.name, (Role.ADMINISTRATOR,)),
)


@dataclass(frozen=True)
class Model:
    """One model of machine as it is given: `ram` and `disks` are what it may come with, as (kind, GB)."""

    form: Form
    maker: str
    name: str
    cpu: str
    cores: int
    ram: tuple[int, ...]
    disks: tuple[tuple[str, int], ...]
    screen: float | None = None
    charger: str | None = None
    webcam: bool = False


def _core(number: str, ghz: str) -> str:
    return f"Intel(R) Core(TM) {number} CPU @ {ghz}GHz"


L, D, M = Form.LAPTOP, Form.DESKTOP, Form.MINI_PC
SSD = (("ssd", 256), ("ssd", 240), ("ssd", 480))
NVME = (("nvme", 256), ("nvme", 512))
HDD = (("hdd", 500), ("ssd", 240))

MODELS = (
    Model(L, "Dell", "Latitude 5490", _core("i5-8250U", "1.60"), 4, (8, 8, 16), NVME, 14.0, "Dell 7,4 mm 65 W", True),
    Model(L, "Dell", "Latitude E7470", _core("i5-6300U", "2.40"), 2, (8, 8, 16), SSD, 14.0, "Dell 7,4 mm 65 W", True),
    Model(L, "Dell", "Latitude 7400", _core("i5-8365U", "1.60"), 4, (8, 16), NVME, 14.0, "USB-C 65 W", True),
    Model(L, "HP", "ProBook 450 G5", _core("i5-7200U", "2.50"), 2, (8, 8), SSD, 15.6, "HP bleu 4,5 mm 65 W", True),
    Model(L, "HP", "EliteBook 840 G3", _core("i5-6200U", "2.30"), 2, (8, 8, 4), SSD, 14.0, "HP bleu 4,5 mm 65 W", True),
    Model(L, "HP", "EliteBook 840 G6", _core("i5-8265U", "1.60"), 4, (8, 16), NVME, 14.0, "USB-C 65 W", True),
    Model(L, "Lenovo", "ThinkPad T470", _core("i5-7300U", "2.60"), 2, (8, 16), SSD, 14.0, "USB-C 65 W", True),
    Model(L, "Lenovo", "ThinkPad L480", _core("i3-8130U", "2.20"), 2, (8, 8), SSD, 14.0, "USB-C 65 W", True),
    Model(L, "Lenovo", "ThinkPad T440", _core("i5-4300U", "1.90"), 2, (4, 8), HDD, 14.0, "Lenovo rectangle 65 W", True),
    Model(D, "Dell", "OptiPlex 7050", _core("i5-7500", "3.40"), 4, (8, 16), SSD),
    Model(D, "HP", "ProDesk 400 G4", _core("i5-6500", "3.20"), 4, (8,), SSD),
    Model(D, "Lenovo", "ThinkCentre M720s", _core("i5-8400", "2.80"), 6, (8, 16), NVME),
    Model(M, "HP", "EliteDesk 800 G3 Mini", _core("i5-6500T", "2.50"), 4, (8, 16), SSD),
    Model(Form.ALL_IN_ONE, "HP", "EliteOne 800 G3", _core("i5-6500", "3.20"), 4, (8,), SSD, 23.8, None, True),
    Model(Form.TABLET, "Samsung", "Galaxy Tab A7", "Snapdragon", 8, (3,), (("emmc", 32),), 10.4, "USB-C 15 W", True),
    Model(Form.MONITOR, "Dell", "P2217H", "", 0, (), (), 21.5),
    Model(Form.MONITOR, "Iiyama", "ProLite B2483HSU", "", 0, (), (), 24.0),
)  # fmt: skip

#: How often each model is given, in the order of MODELS.
WEIGHTS = (9, 7, 5, 8, 7, 4, 7, 4, 6, 5, 4, 3, 3, 2, 3, 5, 4)

DISK_MODELS = {
    "ssd": ("Samsung SSD 860", "CT250MX500SSD1", "KINGSTON SA400S37240G"),
    "nvme": ("SK hynix BC511", "Toshiba KXG60", "Samsung PM981"),
    "hdd": ("Seagate ST500LM021", "WD Blue WD5000LPCX"),
    "emmc": ("eMMC",),
}

DEFECTS = (
    "Rayure sur le capot.", "Une touche un peu dure.", "Coin de la coque ébréché.", "Trace d'étiquette sur le dessus.",
    "Un port USB ne marche plus.", "Léger jeu de la charnière.",
)  # fmt: skip
