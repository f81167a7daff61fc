"""Names that are ordinary words as well: of persons, of bodies, and of offices that are entered like persons.

Such a word names somebody only where its form says so: with a capital within a sentence, or beside a title.
To add one: its flat form (lower case, no accent) in the right list.
"""

_OF_PERSONS = """
    abete acqua affini agnelli agnello alba alti alto amato amici amico aprile argento barba barca barone baroni bassi
    basso bella belle belli bello benvenuti bianca bianchi bianco bocca bonifica borghi borgo boschi bosco bravi bravo
    bruna bruni bruno buoni buono cacciatore campi campo capelli carbone carboni casa case castelli castello cava
    cavalli cavallo celeste chiara chiari chiaro chiave chiesa clemente colle colli colombi colombo compagni compagno
    console conte conti contini corte cortese cortesi corti costa costante costanza coste croce denti diamante diritti
    dolce dolci donata donato duca fabbri fabbro fede felice fermi ferri ferro festa fine fini fiore fiori fiume
    fontana fontane forte forti fortuna franca franchi franco frate fuoco galli gallo gamba gatti gatto gentile
    gentili giardini giardino giglio gioia giudice giudici giusta giusti giusto grande grandi grassi grasso grazia
    guerra guida guidi guido italia italo laghi lago lenti leone leoni letizia longo luce luna lunghi lupi lupo
    maestri maggio magri mani mano marca marchese mare margherita marina marini marino martello marzo massima massime
    massimi massimo medici medico melo mercante mercanti merli merlo minimo monaci monaco monte monti mora mori moro
    mura muri natale natali negri neri nero neve nipote nipoti nobile nobili noce noci nuova nuovo oliva olivo onesti
    onesto onorato oro orsi orso orti orto ottavo pace palma papa parente parenti pastore perla pesci pia piana piani
    piano piazza pietra pini pino pio ponte ponti porta porti porto potenza pozzi pozzo prati prato preti prima primo
    principe pronti pronto prudenza quarto quercia re regina ricca ricchi ricci ricco rina ripa riva rocca romana
    romani romano rosa rosati rose rosi rossa rossi rosso rota ruota sabato sabbia sacchi sacco saggio sala salva
    salvi salvo sani sano santa santi santo sapienza sarti sarto sassi sasso savi savio secondo serena sereni sereno
    serra serre sesto settimo sole sopra sordi sorte sotto spada speranza spina spine stella stelle storti strada
    tassi tasso terra terre terzi terzo testa torre torri torti torto valente valenti valle valli vento vera verde
    verdi vero vescovi vescovo vespa vezzosi vicini vicino villa ville viola vita vitale vitali vittoria volpe volpi
    volta zio zucchi
"""
_OF_BODIES = """
    agra albino asola asso barbata bracca calcinate calcinato calcio calco capriolo carbonate castana casto castro
    cene ceto chiari cologne corrido covo cozzo crema dazio dello erba erve fontanella forcola gorgonzola idro
    incudine irma isso lanzada leno levate lodi madone magenta mantello meda mede meleti merlino mese mezzanino moglia
    mozzo mura musso nave nesso ome onore opera paladina parona pero pescate pigra ranco rasura rea renate rogno
    roncola rosate rovetta serle solaro sommo sonico sospiro spessa stazzona stradella strozza tornata torno
    travagliato trovo verdello vescovato vione zerbo zone
"""
_OF_OFFICES = """
    ambiente amministrazione area comunale comune edilizia ente lavori polizia protocollo provincia provinciale
    pubblici regione responsabile segreteria servizi servizio settore sindaco sportello tecnica tecnico territorio
    ufficio unico urbanistica
"""
ORDINARY = frozenset(f"{_OF_PERSONS} {_OF_BODIES}".split())
NOBODY = frozenset(_OF_OFFICES.split())
"""What never names a person, also not with a capital."""
BESIDE_NAMES = frozenset(("alias", "detta", "detto", "nata", "nato", "ved", "vedova"))
"""What stands between the names of a person and is none of them."""
