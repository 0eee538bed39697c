# what: await at the top level, and a task that goes on behind
# lesson: 02
# earns: exactly 35
import asyncio

await asyncio.sleep(0.01)


async def tick():
    for number in range(100):
        print("tick", number)
        await asyncio.sleep(0.05)


task = asyncio.create_task(tick())


RIGHT_BLOCK
# %%
async with asyncio.timeout(1):
    await asyncio.sleep(0)
