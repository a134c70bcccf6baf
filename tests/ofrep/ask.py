"""What PyPI's provider answers: a question on stdin, a list of answers on stdout, as ask.mjs has them."""

import json
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext


def main():
    question = json.load(sys.stdin)
    headers = question["headers"]
    api.set_provider(OFREPProvider(question["url"], headers_factory=lambda: headers))
    client = api.get_client()
    of_type = {bool: client.get_boolean_details, str: client.get_string_details}

    def answer(flag, default, targeting_key):
        found = of_type[type(default)](flag, default, EvaluationContext(targeting_key))
        code = found.error_code and found.error_code.value
        return {"value": found.value, "variant": found.variant or None, "reason": found.reason, "errorCode": code}

    json.dump([answer(*ask) for ask in question["asks"]], sys.stdout)


if __name__ == "__main__":
    main()
