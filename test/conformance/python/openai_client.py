"""Asks a gateway with the official client, unchanged but for its base URL, and prints what it saw as JSON.

Usage: openai_client.py BASE_URL ABILITY... where the abilities are those of `support/backends.ts`.
"""

import asyncio
import json
import sys

import openai
from pydantic import BaseModel, ConfigDict, Field

base_url, *abilities = sys.argv[1:]
client = openai.OpenAI(base_url=base_url, api_key="unused", max_retries=0, timeout=120)
short = {
    "model": "tiny",
    "temperature": 0,
    "max_tokens": 40,
    "messages": [{"role": "user", "content": "Name a river."}],
}
tools = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "maxLength": 10}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }
]
named = {"type": "function", "function": {"name": "get_weather"}}


class River(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=12)
    kilometres: int


def failure(call):
    """How a call fails: class of the error, status, code and param."""
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code, error.param]
    except openai.OpenAIError as error:
        return [type(error).__name__]
    return ["nothing"]


def chat():
    answer = client.chat.completions.create(**short)
    message = answer.choices[0].message
    return {
        "text": message.content,
        "role": message.role,
        "model": answer.model,
        "finish_reason": answer.choices[0].finish_reason,
        "completion_tokens": answer.usage.completion_tokens,
        "request_id": answer._request_id,
    }


def stream():
    chunks = list(client.chat.completions.create(**short, stream=True, stream_options={"include_usage": True}))
    return {
        "text": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
        "completion_tokens": chunks[-1].usage.completion_tokens,
    }


def stream_helper():
    try:
        with client.chat.completions.stream(**short) as events:
            completion = events.get_final_completion()
    except openai.LengthFinishReasonError as error:
        # A real model may have more to say than the limit lets it.
        completion = error.completion
    return completion.choices[0].message.content


def stream_left_early():
    with client.chat.completions.create(**{**short, "max_tokens": 400, "temperature": 1}, stream=True) as chunks:
        next(iter(chunks))
    return "left"


def tool_call():
    answer = client.chat.completions.create(**{**short, "max_tokens": 200}, tools=tools, tool_choice=named)
    call = answer.choices[0].message.tool_calls[0]
    return {"name": call.function.name, "arguments": call.function.arguments}


def parse():
    answer = client.chat.completions.parse(**{**short, "max_tokens": 200}, response_format=River)
    return answer.choices[0].message.parsed.model_dump()


def embeddings():
    inputs = ["lock gate", "narrow boat"]
    by_default = client.embeddings.create(model="tiny-embed", input=inputs)
    floats = client.embeddings.create(model="tiny-embed", input=inputs, encoding_format="float")
    pairs = zip(by_default.data[0].embedding, floats.data[0].embedding)
    return {"rows": len(by_default.data), "greatest_difference": max(abs(a - b) for a, b in pairs)}


def completion():
    answer = client.completions.create(model="tiny", prompt="A narrow boat", max_tokens=8, temperature=0)
    chunks = client.completions.create(model="tiny", prompt="A narrow boat", max_tokens=8, temperature=0, stream=True)
    return {"text": answer.choices[0].text, "streamed": "".join(chunk.choices[0].text for chunk in chunks)}


def logprobs():
    answer = client.chat.completions.create(**{**short, "max_tokens": 4}, logprobs=True, top_logprobs=2)
    return [len(token.top_logprobs) for token in answer.choices[0].logprobs.content]


async def side_by_side():
    async with openai.AsyncOpenAI(base_url=base_url, api_key="unused", max_retries=0, timeout=120) as many:
        answers = await asyncio.gather(*(many.chat.completions.create(**short) for _ in range(4)))
    return [answer.choices[0].message.content for answer in answers]


def seen():
    yield "version", openai.__version__
    yield "chat", chat()
    yield "stream", stream()
    yield "stream_helper", stream_helper()
    yield "stream_left_early", stream_left_early()
    yield "side_by_side", asyncio.run(side_by_side())
    yield "models", [model.id for model in client.models.list()]
    yield "model", client.models.retrieve("phi-3-mini").id
    yield "completion", completion()
    yield "parse", parse()
    if "namedTool" in abilities:
        yield "tool_call", tool_call()
    if "embeddings" in abilities:
        yield "embeddings", embeddings()
    if "logprobs" in abilities:
        yield "logprobs", logprobs()
    if "severalAnswers" in abilities:
        # vLLM refuses several answers at temperature 0: they would be the same.
        yield "n", len(client.chat.completions.create(**{**short, "temperature": 1}, n=2).choices)
    else:
        yield "n_refused", failure(lambda: client.chat.completions.create(**short, n=2))
    yield "unknown_model", failure(lambda: client.chat.completions.create(**{**short, "model": "nobody"}))
    yield "wrong_type", failure(lambda: client.chat.completions.create(**{**short, "temperature": "hot"}))
    too_long = [{"role": "user", "content": "The keeper counts every boat. " * 1000}]
    yield "too_long", failure(lambda: client.chat.completions.create(**{**short, "messages": too_long}))
    yield "engine_down", failure(lambda: client.chat.completions.create(**{**short, "model": "down"}))
    yield "nobody_there", failure(lambda: client.with_options(base_url="http://127.0.0.1:1/v1").models.list())


print(json.dumps(dict(seen())))
