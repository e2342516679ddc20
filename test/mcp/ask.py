"""Lists the tools and asks questions by Python's client of the protocol. Prints all as one line of JSON.

ask.py '{"url": ..., "key": ..., "command": [...], "env": {...}, "questions": [{"tool": ..., "arguments": {...}}]}'
"""
import asyncio
import json
import sys

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

asked = json.loads(sys.argv[1])


def server():
    if "url" in asked:
        http = create_mcp_http_client(headers={"Authorization": f"Bearer {asked['key']}"})
        return streamable_http_client(asked["url"], http_client=http)
    command, *args = asked["command"]
    return StdioServerParameters(command=command, args=args, env=asked["env"])


async def main():
    async with Client(server()) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        answers = []
        for question in asked["questions"]:
            result = await client.call_tool(question["tool"], question["arguments"])
            answers.append(json.loads(result.content[0].text))
    print(json.dumps({"tools": tools, "answers": answers}))


asyncio.run(main())
