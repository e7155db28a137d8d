"""Text on its way to the sides of the search: wording, glossary, identifiers, digest, words of elsewhere."""

from pathlib import Path

import numpy as np
import pytest

from index.corpus import build_corpus, sentences
from index.domain_cues import count_domain_cues
from index.excerpt import BUDGET, excerpt
from index.glossary import Glossary, GlossaryError, load_glossary
from index.identifiers import Identifiers
from index.lexical import Floats, Postings, Vocabulary
from index.preprocess import Preprocessor
from index.shorthand import spell_out
from index.tokenize import mask_resource_names, mask_variables, normalize, terms, words
from knowledge.model import Entry


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pod 10.0.3.17 on 10.0.0.0/8", "pod ip on ip"),
        ("by mac 00:16:3e:12:34:56: not found", "by mac mac : not found"),
        ("vsw-bp1abcd is full", "vsw is full"),
        ("2026-11-20T19:02:00.1Z failed", "failed"),
        ("terway-eniip in kube-system", "terway-eniip in kube-system"),
    ],
)
def test_varying_parts_are_masked(text: str, expected: str) -> None:
    assert mask_variables(text) == expected


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("ContainerCreating on cn-beijing.192.168.0.31", "ContainerCreating on node"),
        ("node cn-hangzhou.i-bp1abc is NotReady", "node node is NotReady"),
        ("web-5f7d9c6b8-k2x9q stuck", "pod stuck"),
        ("shop/web-5f7d9c6b8-k2x9q stuck", "pod stuck"),
        ("orders-5c9d-0 can't reach itself", "pod can't reach itself"),
    ],
)
def test_names_become_the_kind(text: str, matched: str) -> None:
    assert mask_resource_names(text) == matched


@pytest.mark.parametrize(
    "text",
    [
        "kube-proxy-worker config",
        "no IP addresses available in range set: 172.30.34.129-172.30.34.190",
        "v0.15.1.11-7e95fe23-aliyun",
        "InvalidVSwitchId.IpNotEnough vsw-bp1aaa",
        "taint node.kubernetes.io/network-unavailable",
        "can't found dev by mac 00:16:3e:2a:7c:11",
    ],
)
def test_what_says_what_fails_stays(text: str) -> None:
    assert mask_resource_names(text) == text


def test_characters_have_one_spelling() -> None:
    assert normalize("ＩＰ  can’t\n be") == "IP can't be"


def test_words_of_one_stem_and_parts_of_names_meet() -> None:
    assert len(set(words("allocated allocating allocation allocate allocates"))) == 1
    assert {"switch", "enough"} <= set(words("InvalidVSwitchId.IpNotEnough"))


def test_chinese_is_cut_into_grams_and_translated_words() -> None:
    found = terms("交换机满了", "vSwitch full")
    assert {"z:交换", "z:交换机", "w:full"} <= set(found)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("svc unreachable", "service unreachable"),
        ("SVC behind an SLB", "service behind an load balancer"),
        ("pods stuck in ContainerCreating", "pods stuck in Container Creating"),
        ("no IPs left in the vSwitch", "no IP addresses left in the virtual switch"),
        ("NodeNetworkUnavailable", "Node Network Unavailable"),
    ],
)
def test_shorthand_is_spelled_out_for_the_encoder(text: str, plain: str) -> None:
    assert spell_out(text) == plain


@pytest.mark.parametrize("text", ["IPv6 and IPVS", "eBPF, IPvlan", "msvc ipsum vswx", "address in use"])
def test_what_only_looks_like_shorthand_stays(text: str) -> None:
    assert spell_out(text) == text


def test_glossary_takes_the_longest_match_and_keeps_latin_parts() -> None:
    glossary = Glossary.of({"交换": "exchange", "交换机": "vSwitch", "满": "full", "了": ""})
    assert glossary.english("terway交换机满了吗 v1.2") == "terway vSwitch full v1.2"
    assert glossary.only_chinese("terway交换机") == "vSwitch"


def test_chinese_is_cut_so_that_the_fewest_characters_are_left_unknown() -> None:
    glossary = Glossary.of({"不均": "uneven", "均衡": "balanced", "不": "not", "负载": "load"})
    assert glossary.only_chinese("负载不均衡") == "load not balanced"  # and not "uneven", with a character left over
    assert glossary.only_chinese("负载不均") == "load uneven"
    assert glossary.only_chinese("毫无所知") == ""


def test_a_message_bears_what_is_noticed_and_who_reaches_whom() -> None:
    def encode(texts: list[str]) -> Floats:
        return np.zeros((len(texts), 2), dtype=np.float32)

    reader = Preprocessor(Glossary.of({}), Identifiers.of([()]))
    english, chinese = reader.messages(["pods time out reaching the internet", "Pod访问公网超时"], encode)
    for message in (english, chinese):
        assert {"k:no answer", "k:internet", "d:pod to outside"} <= set(message.terms)


def test_a_wrong_glossary_line_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "glossary.tsv"
    path.write_text("# comment\n交换机 vSwitch\n", encoding="utf-8")
    with pytest.raises(GlossaryError, match=r"glossary\.tsv:2"):
        load_glossary(path)


def test_identifiers_count_in_any_case_but_not_inside_words() -> None:
    known = Identifiers.of([("eni-config",), ("InvalidVSwitchId.IpNotEnough", "vsw-bp1aaa no ip left")])
    assert known.scores("code INVALIDVSWITCHID.IPNOTENOUGH").argmax() == 1
    assert known.scores("vsw-bp9zzz99   no ip left")[1] > 0
    assert known.scores("teni-configs").max() == 0


def test_a_longer_identifier_says_all_of_the_shorter_one_inside() -> None:
    known = Identifiers.of([("no IP addresses available",), ("no IP addresses available in range set",)])
    assert known.scores("no IP addresses available in range set: 10.0.0.1")[0] == 0


def test_a_short_text_is_read_whole_and_a_long_one_by_its_telling_lines() -> None:
    noise = "\n".join(f"line {i} all well" for i in range(3000))
    assert excerpt("pods fail", lambda line: 0.0) == "pods fail"
    brief = excerpt(f"what is this?\n{noise}\nunable to attach eni\n{noise}", lambda line: 0.0)
    assert brief.startswith("what is this?")
    assert "unable to attach eni" in brief
    assert len(brief) <= BUDGET + 10


def test_words_of_elsewhere_are_counted_by_kind() -> None:
    assert count_domain_cues("EKS and aks behind the office router, mysql too") == (2, 2, 1)
    assert count_domain_cues("terway on ACK") == (0, 0, 0)
    assert count_domain_cues("自建机房") == (1, 1, 0)


def test_lexical_similarity_of_a_text_with_itself_is_one() -> None:
    texts = [terms("conntrack table is full"), terms("conntrack table is full on nodes"), terms("switch plugin now")]
    vocabulary = Vocabulary.fit(texts * 2)
    vectors = [vocabulary.vector(text) for text in texts]
    found = Postings.of(vectors, len(vocabulary.rows)).similarities(vectors[0])
    assert found[0] == pytest.approx(1, abs=1e-5)
    assert found[0] > found[1] > found[2]


def test_sentences_leave_code_and_templates_out() -> None:
    text = "Here {{ node }} is full of pods.\n```sh\nkubectl get secret\n```\n- A second thing to know."
    assert sentences(text) == ["Here is full of pods.", "A second thing to know."]


def test_the_corpus_reads_examples_without_comments(tmp_path: Path, few: list[Entry]) -> None:
    (tmp_path / "out_of_scope").mkdir()
    (tmp_path / "out_of_scope" / "a.txt").write_text("# comment\nhello\n\nhello\nlunch\n")
    corpus = build_corpus(few, tmp_path)
    assert corpus.outside == ("hello", "lunch")
    assert corpus.ids == ("disk", "dns")
