import re
from collections.abc import AsyncIterator

import httpx
import pytest

from services.chassis.service import Service
from tests.chassis.toy import client, toy


@pytest.fixture
async def service(settings, clock, tmp_path) -> AsyncIterator[Service]:
    service = toy(settings, clock, tmp_path)
    yield service
    service.database.close()


@pytest.fixture
async def http(service) -> AsyncIterator[httpx.AsyncClient]:
    async with client(service) as made:
        yield made


async def test_the_api_is_shown_as_a_page_of_our_own_files_to_whoever_may_read_its_document(service, http) -> None:
    page = await http.get(f"/api/{service.name}/docs", headers={"Accept-Language": "it"})

    assert page.status_code == 200 and page.headers["content-language"] == "it"
    assert "'unsafe" not in page.headers["content-security-policy"]
    assert f'data-document="/api/{service.name}/openapi.json"' in page.text
    assert not re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text)
    loaded = re.findall(r'<(?:script|link|img)[^>]* (?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 9
    for address in (*loaded, f"/api/{service.name}/openapi.json"):
        assert (await http.get(address)).status_code == 200, address
