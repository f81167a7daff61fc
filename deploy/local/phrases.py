"""Words of the demonstration: names and sentences, in Italian because people read them."""

FIRST_NAMES = (
    "Adele", "Alberto", "Alice", "Andrea", "Beatrice", "Bruno", "Camilla", "Cesare", "Chiara", "Claudio", "Daniela",
    "Davide", "Elena", "Emilio", "Federica", "Filippo", "Francesca", "Giacomo", "Ginevra", "Ivano", "Irene", "Lorenzo",
    "Luisa", "Marta", "Matteo", "Michela", "Nadia", "Oscar", "Paolo", "Rebecca", "Renato", "Rosa", "Sara", "Sergio",
    "Silvia", "Stefano", "Teresa", "Tommaso", "Valeria", "Vittorio",
)  # fmt: skip
LAST_NAMES = (
    "Albini", "Arrigoni", "Barzaghi", "Bellini", "Bonetti", "Brambilla", "Caccia", "Carminati", "Cattaneo", "Cerri",
    "Colnago", "Crippa", "Fontana", "Fumagalli", "Galbiati", "Gervasoni", "Lanza", "Locatelli", "Maggi", "Mapelli",
    "Merati", "Moroni", "Nava", "Oggioni", "Pagani", "Pezzotta", "Pozzi", "Ravasi", "Redaelli", "Rota", "Sangalli",
    "Scotti", "Tagliabue", "Valsecchi", "Vigano", "Villa", "Zambelli", "Zanetti",
)  # fmt: skip

TITLES = (
    "{procedure}: supporto per le pratiche arretrate",
    "Chiarimenti sui termini: {procedure}",
    "Verifica della documentazione: {procedure}",
    "{procedure}: quale ente deve rilasciare il parere?",
    "Procedimento fermo da mesi: {procedure}",
    "Impostazione del procedimento: {procedure}",
)
PROBLEMS = (
    "Il procedimento riguarda: {procedure}.",
    "Le pratiche in attesa sono {number} e l'ufficio ha una sola persona a tempo parziale.",
    "L'istanza è stata presentata da alcuni mesi e mancano ancora i pareri degli enti coinvolti.",
    "Non è chiaro se i termini siano sospesi dalla nostra richiesta di integrazioni.",
    "Il richiedente ha trasmesso la documentazione in più invii e non riusciamo a ricostruire la data di avvio.",
    "Chiediamo un modello di atto finale e un elenco dei controlli da fare.",
    "È la prima volta che seguiamo questo procedimento e vorremmo impostarlo correttamente.",
    "La conferenza di servizi è stata indetta, ma due amministrazioni non si sono espresse.",
    "Vorremmo capire come misurare la durata effettiva da comunicare nel monitoraggio semestrale.",
    "Abbiamo ricevuto una diffida e ci serve un orientamento in tempi brevi.",
)
QUESTIONS = (
    "Per rispondere mi serve copia dell'istanza e dell'eventuale richiesta di integrazioni.",
    "Può indicarmi la data di ricevimento dell'istanza e gli enti ai quali è stato chiesto il parere?",
    "Può inviarmi l'elenco delle pratiche in attesa con la data di avvio di ciascuna?",
)
REPLIES = (
    "Ecco quanto richiesto. L'istanza è stata ricevuta il primo giorno del mese scorso.",
    "Invio l'elenco aggiornato delle pratiche. Restiamo a disposizione per ogni chiarimento.",
    "Confermo che i pareri sono stati chiesti a due enti; uno solo ha risposto.",
)
ANSWERS = (
    "Ho preparato uno schema del procedimento con i termini di ciascuna fase e un elenco dei controlli. "
    "Conviene partire dalle pratiche più vecchie e indire una sola conferenza di servizi per gruppi omogenei.",
    "I termini non sono sospesi se la richiesta di integrazioni è arrivata dopo la scadenza: le propongo un testo "
    "di comunicazione al richiedente e la traccia dell'atto finale.",
    "Ho verificato la documentazione: manca un solo elaborato. Allego l'elenco e il modello da usare per chiederlo.",
)
