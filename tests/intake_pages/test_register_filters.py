"""What narrows the register of bodies, and what an address says in vain."""


async def test_the_register_leaves_out_what_nobody_knows_and_says_so(visit) -> None:
    monitor = await visit("monitor")

    known = (await monitor.get("/bodies?province=va&status=&phase=")).text
    lost = (await monitor.get("/bodies?province=ZZ&status=foo&phase=99")).text

    assert "non restringe" not in known and 'href="/bodies/012001"' in known
    assert "province=ZZ, phase=99, status=foo" in lost
    assert 'href="/bodies/012001"' in lost and "Nessun ente ha questo nome" not in lost
