"""Weights from elsewhere: what fits is taken, what does not is named in one sentence."""

from __future__ import annotations

import json
import sys

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import ResNetConfig, ResNetForImageClassification, ViTConfig, ViTForImageClassification

import spinlens as sl
from spinlens.errors import InputError
from spinlens.learning import Recipe, Transformer
from spinlens.learning.vision import ResNet, VisionTransformer, build
from spinlens.learning.vision.pretrained import first_network
from spinlens.learning.vision.published import library

from .conftest import labelled

BASE = Transformer(size="base")

TRANSFORMER = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "image_size": 32,
    "patch_size": 16,
}  # fmt: skip


@pytest.fixture
def transformer(tmp_path):
    """A published transformer in small, with a head of ten classes."""
    torch.manual_seed(0)
    model = ViTForImageClassification(ViTConfig(num_labels=10, **TRANSFORMER))
    model.save_pretrained(tmp_path / "vit")
    return model, tmp_path / "vit"


def load(folder, estimator=None, side=8, classes=4):
    estimator = estimator or VisionTransformer(BASE, pretrained=folder)
    return first_network(estimator.pretrained, estimator.architecture(side, classes=classes), seed=1)


def change(folder, edit):
    tensors = load_file(folder / "model.safetensors")
    edit(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def test_the_body_is_loaded_and_the_head_is_new(transformer, capfd):
    model, folder = transformer
    network = load(folder)
    for name, tensor in model.vit.state_dict().items():
        assert torch.equal(tensor, network.body.state_dict()[name]), name
    assert network.head.out_features == 4
    assert torch.equal(network.head.weight, load(folder).head.weight)
    spins = torch.ones(2, 1, 8, 8)
    pixels = torch.ones(2, 3, 32, 32)
    hidden = model.eval().vit(pixels).last_hidden_state[:, 0]
    torch.testing.assert_close(network.eval().features(spins), hidden)
    assert capfd.readouterr().err == ""


def test_residual_networks(tmp_path):
    settings = {"layer_type": "basic", "depths": [1, 1], "hidden_sizes": [8, 16], "embedding_size": 8}
    model = ResNetForImageClassification(ResNetConfig(num_labels=10, **settings))
    model.save_pretrained(tmp_path / "resnet")
    images, labels = labelled(20)
    estimator = ResNet(pretrained=tmp_path / "resnet", recipe=Recipe(epochs=0), augment=False).fit(
        images, labels, progress=False
    )
    loaded = estimator.network_.body.state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.resnet.state_dict().items())
    estimator.save(tmp_path / "saved")
    assert (sl.load(tmp_path / "saved").logits(images) == estimator.logits(images)).all()


def test_a_loaded_model_is_copied(transformer, tmp_path):
    model, folder = transformer
    images, labels = labelled(20)
    still, read = ({"recipe": Recipe(epochs=0), "augment": False, "seed": 1, "pretrained": each}
                   for each in (model, folder))  # fmt: skip
    given, there = VisionTransformer(**still), VisionTransformer(BASE, **read)
    given.fit(images, labels, out=tmp_path / "given", progress=False)
    there.fit(images, labels, progress=False)
    for name, tensor in given.network_.body.state_dict().items():
        assert torch.equal(tensor, there.network_.body.state_dict()[name]), name
    assert given.network_.head.out_features == 2
    assert model.classifier.out_features == 10
    assert given.network_.body is not model.vit
    loaded = sl.load(tmp_path / "given")
    assert loaded.pretrained.startswith("sha256:")
    assert (loaded.logits(images) == given.logits(images)).all()
    # Training leaves the model as it was.
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    still |= {"recipe": Recipe(epochs=1, learning_rate=1e-2)}
    assert (VisionTransformer(**still).fit(images, labels, progress=False).logits(images) != given.logits(images)).any()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_loaded_model_of_another_kind(transformer):
    model, _ = transformer
    with pytest.raises(InputError, match="ViTForImageClassification: is no ResNetForImageClassification"):
        load(model, ResNet(pretrained=model))
    with pytest.raises(InputError, match="Linear: is no ViTForImageClassification"):
        load(model, VisionTransformer(pretrained=torch.nn.Linear(2, 2)))


def test_without_the_library_networks_of_published_layouts_say_what_to_install(monkeypatch):
    library.cache_clear()
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"need the package transformers.*pip install 'spinlens\[hub\]'"):
        build("resnet-18", side=8)
    assert build("vit", side=8, patch=4).head.out_features == 4
    library.cache_clear()


def test_half_precision_files_become_float32(tmp_path):
    model = ViTForImageClassification(ViTConfig(num_labels=10, **TRANSFORMER)).to(torch.bfloat16)
    model.save_pretrained(tmp_path)
    assert {each.dtype for each in load(tmp_path).parameters()} == {torch.float32}


def test_a_layer_that_is_missing(transformer):
    _, folder = transformer
    change(folder, lambda tensors: tensors.pop(next(name for name in tensors if "layernorm_before.weight" in name)))
    with pytest.raises(InputError, match=r"1 tensors are missing, the first is 'vit.*layernorm_before.weight'"):
        load(folder)


def test_a_layer_of_another_shape(transformer):
    _, folder = transformer
    name = "vit.embeddings.position_embeddings"
    change(folder, lambda tensors: tensors.__setitem__(name, tensors[name][:, :4].clone()))
    with pytest.raises(InputError, match=rf"1 tensors are of another shape, the first is '{name}'"):
        load(folder)


def test_a_layer_too_many(transformer):
    _, folder = transformer
    change(folder, lambda tensors: tensors.__setitem__("vit.layers.9.odd", torch.ones(1)))
    with pytest.raises(InputError, match="1 tensors have no place in the network"):
        load(folder)


def test_the_pooler_that_published_files_carry_is_no_trouble(transformer):
    _, folder = transformer
    change(folder, lambda tensors: tensors.__setitem__("vit.pooler.dense.weight", torch.ones(16, 16)))
    load(folder)


def test_a_corrupted_file(transformer):
    _, folder = transformer
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(InputError, match=r"cannot be read.*Fetch them again") as caught:
        load(folder)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3", "configuration is not one of vit"),
        ("{", "cannot be loaded"),
        ({"hidden_size": "big"}, "'hidden_size' expected int, got str"),
        ({"patch_size": 0}, "configuration is not one of vit"),
        ({"hidden_act": "nope"}, "'nope'"),
        ({"id2label": 3}, "configuration is not one of vit"),
        ({"image_size": [32, 32]}, r"they see \[32, 32\] pixels"),
    ],
)
def test_a_configuration_that_describes_nothing(transformer, content, message):
    _, folder = transformer
    path = folder / "config.json"
    path.write_text(content if isinstance(content, str) else json.dumps(json.loads(path.read_text()) | content))
    with pytest.raises(InputError, match=message) as caught:
        load(folder)
    assert str(caught.value).count("\n") == 0


def test_pickled_weights_are_not_read(transformer):
    model, folder = transformer
    (folder / "model.safetensors").unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"model\.safetensors is missing in the folder"):
        load(folder)


def test_another_kind_of_network(transformer):
    _, folder = transformer
    with pytest.raises(InputError, match="are of the kind 'vit', not 'resnet'"):
        load(folder, ResNet(pretrained=folder))
    description = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(description | {"model_type": "no such thing"}))
    with pytest.raises(InputError, match="cannot be loaded"):
        load(folder)


def test_fewer_pixels_than_spins(transformer):
    _, folder = transformer
    with pytest.raises(InputError, match="they see 32 pixels a side, fewer than the 64 spins"):
        load(folder, side=64)


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="nor a folder that exists"):
        load(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"config\.json and model\.safetensors is missing"):
        load(tmp_path)
    with pytest.raises(InputError, match="holds no pretraining"):
        VisionTransformer(pretrained=f"lattice:{tmp_path}").architecture(8)
    with pytest.raises(InputError, match="fit the published layouts"):
        first_network("hub:google/vit", VisionTransformer(Transformer(patch=4)).architecture(8), seed=0)


def test_no_network_says_what_to_fetch(monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    weights = "hub:google/vit-base-patch16-224"
    with pytest.raises(InputError) as caught:
        first_network(weights, VisionTransformer(BASE).architecture(8), seed=0)
    assert str(caught.value) == (
        f"pretrained = {weights}: is neither in the local cache nor within reach. Download config.json and "
        "model.safetensors from https://huggingface.co/google/vit-base-patch16-224 into a folder and pass that folder "
        "as pretrained."
    )
