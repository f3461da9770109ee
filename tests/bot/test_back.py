"""Back to the event loop: all of it, in order, with one wake-up for what comes together."""

import asyncio
import threading

from bot.back import Back


def test_what_several_threads_bring_arrives_whole_and_each_thread_in_its_order():
    async def story():
        back, come, done = Back(asyncio.get_running_loop()), [], asyncio.Event()

        def bring(thread):
            for n in range(500):
                back(lambda n=n: come.append((thread, n)))

        threads = [threading.Thread(target=bring, args=(t,)) for t in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        back(done.set)
        await asyncio.wait_for(done.wait(), 5)
        return come

    come = asyncio.run(story())
    assert [[n for t, n in come if t == thread] for thread in range(4)] == [list(range(500))] * 4


def test_what_comes_together_wakes_the_loop_once(monkeypatch):
    async def story():
        loop, wakes, done = asyncio.get_running_loop(), [], asyncio.Event()
        wake = loop.call_soon_threadsafe
        monkeypatch.setattr(loop, "call_soon_threadsafe", lambda f: wakes.append(f) or wake(f))
        back = Back(loop)
        for _ in range(100):
            back(lambda: None)
        back(done.set)
        await asyncio.wait_for(done.wait(), 5)
        return len(wakes)

    assert asyncio.run(story()) == 1
