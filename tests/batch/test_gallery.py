"""The gallery in a real browser: filters, order, keys, hostile names, ten thousand rows."""

import random
import re
import time
from pathlib import Path

import pytest
from batch_walls import HereEngine, save_wall
from browser import browser, needs_browser, opened, pictures_shown

import tiling_diag as td
from tiling_diag.batch import BatchOptions, Totals, run_batch
from tiling_diag.batch.gallery import write_gallery
from tiling_diag.batch.rows import read_rows
from tiling_diag.language import speaking

pytestmark = [pytest.mark.slow, needs_browser]

HOSTILE = [
    "<img src=x onerror=alert(1)>.png",
    "</script><script>alert(2)</script>.png".replace("/", "\u2215"),
    '"double" quotes.png',
    "single 'quotes'.png",
    "a&amp;b&lt;.png",
    "a#b?c=%20%3C;.png",
    "стена — кирпич.png",
    "壁の写真.png",
    "جدار.png",
    "🧱 wall.png",
    "back\\slash.png",
    "{{ 7 * 7 }} ${alert(3)} `.png",
    "__proto__.png",
    "very " + "long " * 40 + ".png",
]


SCROLL = """async () => {
    const frames = async (count, step) => {
        const times = [];
        let last = performance.now();
        for (let k = 1; k <= count; k++) {
            step(k);
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            times.push(now - last);
            last = now;
        }
        return times.sort((a, b) => a - b)[Math.floor(count / 2)];
    };
    const end = document.body.scrollHeight - innerHeight;
    let most = 0;
    const idle = await frames(30, () => {});
    const frame = await frames(90, k => {
        scrollTo(0, end * k / 90);
        most = Math.max(most, document.querySelectorAll('.card').length);
    });
    await new Promise(requestAnimationFrame);
    return {idle, frame, most};
}"""


@pytest.fixture(scope="module")
def context():
    with browser() as context:
        yield context


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A batch of walls of hostile names, some with doubled units, one broken."""
    folder = tmp_path_factory.mktemp("gallery")
    for seed, name in enumerate(HOSTILE):
        save_wall(folder / "walls" / name, seed, period=(16 + seed, 24 + 24 * (seed % 3 == 0)))
    (folder / "walls" / "broken <b>.png").write_bytes(b"no")
    run_batch(
        [str(folder / "walls")],
        folder / "out",
        td.Settings(unit_px=24.0),
        BatchOptions(),
        engine=HereEngine(),
    )
    return folder / "out"


@pytest.fixture(scope="module")
def large(small, tmp_path_factory):
    """The same rows, ten thousand of them with random numbers."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "thumbs").symlink_to(small / "thumbs")
    chance = random.Random(5)
    good = [row for row in read_rows(small / "results.jsonl") if row["status"] == "ok"]
    good = [row for row in good if row["summary"]["lattice"] is not None]
    rows, totals = [], Totals()
    for index in range(10_000):
        row = dict(good[index % len(good)])
        lattice = dict(row["summary"]["lattice"], unit_px=chance.uniform(10, 300))
        row["summary"] = dict(row["summary"], lattice=lattice)
        rows.append(row)
        totals.add(row)
    write_gallery(folder, iter(rows), totals, roots=[str(small.parent / "walls")], figures="none")
    return folder / "index.html", rows


def names(page):
    """Names on the cards, in the order in which they are seen."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.card')].map(card => {
            const box = card.getBoundingClientRect();
            return [box.top, box.left, card.querySelector('.name').textContent];
        }).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(one => one[2])"""
    )


def test_every_name_is_shown_as_it_is_and_its_picture_is_its_own(small, context):
    with opened(context, small / "index.html") as page:
        page.wait_for_function(
            "() => [...document.querySelectorAll('.card img')].every(i => i.complete)"
        )
        assert sorted(names(page)) == sorted([*HOSTILE, "broken <b>.png"])
        widths = page.evaluate(
            "() => [...document.querySelectorAll('.card img')].map(i => i.naturalWidth)"
        )
        assert len(widths) == len(HOSTILE)
        assert min(widths) > 0
        assert page.locator(".card .none").inner_text().startswith(str(small.parent)[:4])


def test_the_worst_come_first_and_errors_last(small, context):
    with opened(context, small / "index.html") as page:
        verdicts = page.evaluate("() => shown.map(row => row.status)")
        rank = {"defect": 0, "suspect": 1, "unjudged": 2, "ok": 3, "error": 4}
        assert [rank[v] for v in verdicts] == sorted(rank[v] for v in verdicts)
        assert {"defect", "ok", "error"} <= set(verdicts)


def test_verdicts_findings_and_names_filter(small, context):
    with opened(context, small / "index.html") as page:
        total = len(HOSTILE) + 1
        count = page.locator("#count")
        assert count.inner_text() == f"{total} of {total}"
        defects = page.evaluate("() => rows.filter(row => row.status === 'defect').length")
        for status in ("suspect", "unjudged", "ok", "error"):
            page.locator(f"#chips [data-status={status}]").click()
        assert count.inner_text() == f"{defects} of {total}"
        assert page.locator(".card").count() == defects
        page.locator("#chips [data-status=ok]").click()
        page.locator("#findings [data-code=period_doubled]").click()
        doubled = page.evaluate(
            "() => rows.filter(r => r.findings.some(f => f[0] === 'period_doubled')).length"
        )
        assert 0 < doubled < total
        assert page.locator(".card").count() == doubled
        page.locator("#findings [data-code=period_doubled]").click()
        for status in ("suspect", "unjudged", "error"):
            page.locator(f"#chips [data-status={status}]").click()
        page.locator("#search").fill("КИРПИЧ стена")
        assert names(page) == ["стена — кирпич.png"]
        page.locator("#search").fill("quotes period_doubled")
        assert names(page) == ["single 'quotes'.png"]
        page.locator("#search").fill("nothing is called so")
        assert names(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")


def test_any_number_sorts_both_ways_and_what_is_not_measured_comes_last(small, context):
    with opened(context, small / "index.html") as page:
        page.locator("#sort").select_option("lattice.course_px")
        read = "() => shown.map(row => row.numbers[numberAt('lattice.course_px')])"
        for order in (-1, 1):
            values = page.evaluate(read)
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=order < 0)
            assert values[len(known) :] == [None] * (len(values) - len(known))
            page.locator("#direction").click()
        assert re.search(r"course_px \d", page.locator(".card .line").nth(1).inner_text())
        page.locator("#sort").select_option("name")
        listed = page.evaluate("() => shown.map(row => row.lower)")
        assert listed == sorted(listed, key=lambda name: name.encode("utf-16-be"))


def test_keys_go_from_picture_to_picture(small, context):
    with opened(context, small / "index.html") as page:
        order = page.evaluate("() => shown.map(row => row.name)")
        title = page.locator("#viewer-name")
        page.keyboard.press("ArrowRight")
        assert not page.locator("#viewer").is_visible()
        page.keyboard.press("Enter")
        assert title.inner_text() == order[0]
        for key, at in [("ArrowRight", 1), ("j", 2), ("ArrowLeft", 1), ("k", 0), ("ArrowLeft", 0)]:
            page.keyboard.press(key)
            assert page.evaluate("() => byId('viewer-name').textContent") == order[at]
        page.locator("#next").click()
        page.keyboard.press("Escape")
        assert not page.locator("#viewer").is_visible()
        assert page.locator(".card.chosen .name").text_content() == order[1]
        page.keyboard.press("/")
        page.keyboard.type("壁")
        assert names(page) == ["壁の写真.png"]


def test_every_flagged_picture_has_its_own_page_that_leads_back(small, context):
    with opened(context, small / "index.html") as page:
        for index in range(page.evaluate("() => shown.filter(row => row.hasPage).length")):
            page.evaluate("at => { choose(at); open(); }", index)
            name = page.evaluate("() => byId('viewer-name').textContent")
            link = page.locator("#viewer-page").get_attribute("href")
            with opened(context, small / link) as own:
                assert own.locator("h1").inner_text().endswith(name.strip())
                assert own.locator("svg[role=img]").count() >= 2
                assert pictures_shown(own) >= 2
                back = own.locator("a").first.get_attribute("href")
                assert (small / "pages" / back).resolve() == (small / "index.html").resolve()
                # A click enlarges on a phone as well.
                own.set_viewport_size({"width": 400, "height": 800})
                own.locator("button.shot").first.click()
                large = own.locator("#large .stage svg").evaluate("svg => svg.clientWidth")
                assert large > 700
                assert own.evaluate("() => document.documentElement.scrollWidth") <= 400
        page.evaluate("() => choose(shown.findIndex(row => !row.hasPage))")
        assert not page.locator("#viewer-page").is_visible()


def test_what_was_chosen_is_there_again_after_going_back(small, context):
    with opened(context, small / "index.html") as page:
        page.locator("#sort").select_option("lattice.unit_px")
        page.locator("#search").fill("wall")
        page.locator("#chips [data-status=error]").click()
        before = names(page)
        page.reload()
        assert names(page) == before
        assert page.locator("#search").input_value() == "wall"
        assert page.locator("#sort").input_value() == "lattice.unit_px"


def test_the_full_picture_comes_on_a_click_and_good_ones_tell_how_to_get_a_page(small, context):
    with opened(context, small / "index.html", root=small.parent) as page:
        page.evaluate(
            "() => { choose(shown.findIndex(r => r.name === '\"double\" quotes.png')); open(); }"
        )
        image = page.locator("#viewer-image")
        small_one = image.evaluate("i => i.decode().then(() => i.src)")
        image.click()
        assert image.evaluate("i => i.decode().then(() => decodeURIComponent(i.src))").endswith(
            '/walls/"double" quotes.png'
        )
        image.click()
        assert image.evaluate("i => i.src") == small_one
        page.evaluate("() => choose(shown.findIndex(r => r.status === 'ok'))")
        command = page.locator("#viewer-text code").inner_text()
        assert command.startswith("tiling-diag diag ") and "../walls/" in command


def test_folders_and_columns_of_few_values_filter(small, tmp_path, context):
    rows, totals = [], Totals()
    kept = [row for row in read_rows(small / "results.jsonl") if row["status"] != "error"]
    for index, row in enumerate(kept):
        path = f"{small.parent}/walls/{'ab'[index % 2]}/{index}.png"
        rows.append(dict(row, path=path, columns={"seed": index % 3, "prompt": f"p{index}"}))
        totals.add(rows[-1])
    roots = [str(small.parent / "walls")]
    (tmp_path / "thumbs").symlink_to(small / "thumbs")
    with speaking("ru"):
        write_gallery(
            tmp_path, iter(rows), totals, roots=roots, figures="none", columns=("seed", "prompt")
        )
    with opened(context, tmp_path / "index.html", quiet=True) as page:
        assert page.locator("#facets select").count() == 3
        page.locator("#facets [data-facet='']").select_option("=a")
        page.locator("#facets [data-facet=seed]").select_option("=1")
        chosen = page.evaluate("() => shown.map(row => [row.name[0], row.columns[0]])")
        assert len(chosen) > 1 and set(map(tuple, chosen)) == {("a", 1)}
        page.reload()
        assert len(page.evaluate("() => shown.map(row => row.name)")) == len(chosen)
        assert "из" in page.locator("#count").inner_text()
        assert page.locator("#chips [data-status=ok]").inner_text().startswith("в порядке")


def test_ten_thousand_rows_open_in_two_seconds_and_scroll(large, context):
    path, rows = large

    def seconds_to_open():
        begin = time.perf_counter()
        with opened(context, path, wait_until="commit") as page:
            page.wait_for_selector(".card .name")
            return time.perf_counter() - begin

    # Others may be at work on this machine: one of a few is enough.
    assert any(seconds_to_open() < 2 for _ in range(12))
    with opened(context, path) as page:
        assert page.locator("#count").inner_text() == "10000 of 10000"
        page.locator("#sort").select_option("lattice.unit_px")
        page.locator("#direction").click()
        ordered = sorted(row["summary"]["lattice"]["unit_px"] for row in rows)
        low = page.evaluate("() => shown[0].numbers[UNIT]")
        assert low == pytest.approx(ordered[0], rel=1e-4)

        def frame_ms():
            found = page.evaluate(SCROLL)
            assert found["most"] < 150
            return found["frame"] - max(0, found["idle"] - 17)

        # Twenty frames a second at the least, each of them a leap of a hundred rows; a machine that
        # is busy with other things has slow frames without any scrolling.
        assert any(frame_ms() < 50 for _ in range(8))
        assert page.evaluate("() => scrollY + innerHeight >= document.body.scrollHeight - 1")
        assert len(names(page)) > 0
        last = page.evaluate("() => [...cards.keys()].sort((a, b) => a - b).pop()")
        assert last == 9999
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        assert page.locator("#viewer-text").inner_text().count(" px") > 3


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_side_and_colours_follow_the_scheme(small, context, width, scheme):
    for path in (small / "index.html", next(Path(small / "pages").iterdir())):
        with opened(context, path) as page:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(100)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
            paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
            assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
