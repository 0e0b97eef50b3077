"""Reads texts as JSON lines, writes what Presidio's pattern recognisers find as JSON lines: [{kind, start, end}] with UTF-16 indices.

No language model: a blank spaCy pipeline whose lemma is the lower-cased word, so that Presidio's context words work.
"""

import json
import sys

import presidio_analyzer.predefined_recognizers as known
import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from spacy.language import Language

KINDS = {
    "EMAIL_ADDRESS": "email",
    "CREDIT_CARD": "credit_card",
    "US_SSN": "us_ssn",
    "PHONE_NUMBER": "phone",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "ABA_ROUTING_NUMBER": "us_bank_routing",
    "DE_PASSPORT": "de_passport",
    "DE_TAX_ID": "de_tax_id",
    "UK_NHS": "uk_nhs",
    "UK_NINO": "uk_nino",
    "ES_NIF": "es_dni",
    "ES_NIE": "es_nie",
    "IT_FISCAL_CODE": "it_fiscal_code",
    "IN_AADHAAR": "in_aadhaar",
    "CA_SIN": "ca_sin",
    "PL_PESEL": "pl_pesel",
}
RECOGNIZERS = [
    "EmailRecognizer", "CreditCardRecognizer", "UsSsnRecognizer", "PhoneRecognizer", "IbanRecognizer", "IpRecognizer",
    "AbaRoutingRecognizer", "DePassportRecognizer", "DeTaxIdRecognizer", "NhsRecognizer", "UkNinoRecognizer",
    "EsNifRecognizer", "EsNieRecognizer", "ItFiscalCodeRecognizer", "InAadhaarRecognizer", "CaSinRecognizer", "PlPeselRecognizer",
]


@Language.component("lower_lemma")
def lower_lemma(doc):
    for token in doc:
        token.lemma_ = token.lower_
    return doc


class BlankEngine(SpacyNlpEngine):
    def __init__(self):
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}], ner_model_configuration=NerModelConfiguration())

    def load(self):
        pipeline = spacy.blank("en")
        pipeline.add_pipe("lower_lemma")
        self.nlp = {"en": pipeline}


def main():
    threshold = float(sys.argv[1])
    registry = RecognizerRegistry(supported_languages=["en"])
    for name in RECOGNIZERS:
        registry.add_recognizer(getattr(known, name)(supported_language="en"))
    engine = BlankEngine()
    engine.load()
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"], default_score_threshold=threshold)
    for line in sys.stdin:
        text = json.loads(line)
        found = []
        for result in analyzer.analyze(text=text, language="en"):
            kind = KINDS.get(result.entity_type)
            if kind is None:
                continue
            if kind == "ip":
                kind = "ipv6" if ":" in text[result.start:result.end] else "ipv4"
            start = len(text[:result.start].encode("utf-16-le")) // 2
            end = len(text[:result.end].encode("utf-16-le")) // 2
            found.append({"kind": kind, "start": start, "end": end})
        print(json.dumps(found), flush=True)


main()
