"""Painting with a network: predict the layout, encode what is known, decode under the layout, compose."""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inlay.batch import Attention, Batch, Output
from inlay.errors import UserError
from inlay.finish.scene import Painted
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.labels import LabelSet
from inlay.model import Encoding, InpaintingModel
from inlay.networks.layout import upsample_logits
from inlay.networks.regions import one_hot, repaint, resize_label
from inlay.notes import Note
from inlay.painters.painter import Canvas, Look, Wish
from inlay.painters.protocols import Network, Predictor
from inlay.painters.refine import Refined, told
from inlay.painters.styles import StyleChanges
from inlay.painters.variety import varied
from inlay.tensors import to_tensor

__all__ = ["NetworkPainter", "NetworkPainting"]

KNOWN_PIXEL = "that pixel is known, so the model looked nowhere for it; choose one that was filled"


class NetworkPainter:
    """Paints with a network. `quick` is a smaller one, whose style codes are the last of the network's."""

    def __init__(
        self,
        network: Network,
        predictor: Predictor | None,
        *,
        size: int,
        labels: LabelSet,
        device: torch.device | str = "cpu",
        quick: Network | None = None,
    ) -> None:
        self.network, self.predictor, self.size, self.labels = network, predictor, size, labels
        self.device, self.quick = torch.device(device), quick or network

    def frame(self, picture: tuple[int, int]) -> CanvasFrame:
        """A canvas whose height is the network's size, as wide as it needs to be."""
        return CanvasFrame.around(picture, self.size)

    @torch.inference_mode()
    def begin(self, canvas: Canvas) -> "NetworkPainting":
        """Take a canvas up and predict its layout."""
        image, hole = to_tensor(canvas.image)[None], torch.from_numpy(canvas.hole)[None, None].float()
        label = torch.zeros(image.shape[0], *image.shape[2:], dtype=torch.int64)
        if canvas.layout is not None:
            label = torch.from_numpy(canvas.layout.astype(np.int64))[None]
        batch = Batch(image, label, hole).to(self.device)
        if canvas.layout is None:
            if self.predictor is None:
                raise UserError("this model predicts no layouts; give one (--layout LABELS)")
            batch = self.predictor.complete(batch)
        return NetworkPainting(self, batch)


class NetworkPainting:
    """A canvas under its layout. It is encoded as seldom as its network allows."""

    def __init__(self, painter: NetworkPainter, batch: Batch) -> None:
        self.painter, self.batch = painter, batch
        self.refined: Refined | None = None
        self._encoded = dict[Network, tuple[Batch, Encoding]]()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a refinement came to."""
        return () if self.refined is None else (Note("refined", told(self.refined)),)

    @torch.inference_mode()
    def scores(self, wish: Wish = Wish()) -> Float[np.ndarray, "classes h w"]:  # noqa: B008
        """Log-probabilities of the layout's classes; of a given layout 0 and a number far below it."""
        return self._scores(self.under(wish))

    @torch.inference_mode()
    def paint(self, wish: Wish = Wish()) -> Painted:  # noqa: B008
        """Paint the hole."""
        if wish.refinement is not None and not wish.quick:
            return self._refined(wish)
        batch = self.under(wish)
        network = self.painter.quick if wish.quick else self.painter.network
        encoding = self.encoding(batch, network)
        style = self._moved(encoding.style, wish.styles)
        noise = torch.Generator(self.painter.device).manual_seed(wish.seed)
        prepared = network.prepare(batch.label, batch.belief)
        image = network.decode(replace(encoding, style=style), batch.label, noise, prepared)
        return self._painted(batch, Output(image, style, encoding.attention))

    def _refined(self, wish: Wish) -> Painted:
        """Paint with style codes optimised on the known pixels; `refined` tells what came of it."""
        if wish.styles:
            raise UserError(
                "--refine adapts the styles to the photo itself; it goes with no style of another portrait"
            )
        with torch.inference_mode(mode=False), torch.enable_grad():
            batch = self.under(wish).clone()
            self.refined = wish.refinement(self.painter.network, batch)
        return self._painted(batch, self.refined.output)

    @torch.inference_mode()
    def look(self, row: float, column: float, wish: Wish = Wish()) -> Look:  # noqa: B008
        """The attention of the token at a place of the canvas."""
        batch = self.under(wish)
        record = self.encoding(batch, self.painter.network).attention
        if record is None:
            raise UserError("this model has no attention to show")
        th, tw = record.output.shape[-2:]
        height, width = batch.label.shape[-2:]
        y, x = int(row * th / height), int(column * tw / width)
        token = y * tw + x
        if record.asks[0, token] == 0:
            raise UserError(KNOWN_PIXEL)
        weights = record.rows(torch.tensor([token], device=record.query.device))[0, 0]
        label = int(batch.label[0, y * height // th, x * width // tw])
        same = float(weights[record.label[0] == label].sum().clamp(0, 1))
        spread = F.interpolate(weights.reshape(1, 1, th, tw), (height, width), mode="nearest")
        return Look(spread[0, 0].float().cpu().numpy(), label, same)

    @torch.inference_mode()
    def style(self) -> Float[np.ndarray, "classes d"]:
        """The style codes of what is known."""
        return self.encoding(self.batch, self.painter.network).style[0].cpu().numpy()

    @torch.inference_mode()
    def attention(self, wish: Wish = Wish()) -> Attention | None:  # noqa: B008
        """The record of the attention, under the layout that is wished for; None of a network without."""
        batch = self.under(wish)
        record = self.encoding(batch, self.painter.network).attention
        if record is None:
            return None
        # What it attends to does not depend on the hole's layout, its words do.
        size = (record.output.shape[-2], record.output.shape[-1])
        return replace(record, label=resize_label(batch.label, size).flatten(1))

    def under(self, wish: Wish) -> Batch:
        """The canvas under the layout that is wished for."""
        batch = self.batch
        if wish.repainted is not None:
            # Where nothing was repainted the prediction stays as it was.
            where = torch.from_numpy(wish.repainted.where)[None].to(batch.label.device)
            cells = torch.from_numpy(wish.repainted.label.astype(np.int64))[None].to(batch.label.device)
            label = torch.where(where, cells, batch.label)
            assert batch.belief is not None
            batch = batch.with_label(label, repaint(batch.belief, label, where))
        return varied(batch, wish.seed)

    def encoding(self, batch: Batch, network: Network) -> Encoding:
        """What is kept of the known pixels under a layout.

        A layout that differs inside the hole alone leaves style codes and context as they are. One that
        differs elsewhere pools the styles over other regions. So does any other layout where the network sees
        the face reflected: a hidden eye's place moves the axis.
        """
        counts = (batch.hole[:, 0] == 0) | network.reflects
        known = self._encoded.get(network)
        if known is None or bool((known[0].label != batch.label)[counts].any()):
            known = self._encoded[network] = batch, network.encode(batch)
        return known[1]

    def _moved(self, style: Float[Tensor, "1 classes d"], changes: StyleChanges) -> Tensor:
        """The style matrix with some classes' codes moved towards other portraits'."""
        result = style.clone()
        for label, change in changes.items():
            codes = change.style[self.painter.size][label][-style.shape[-1] :]
            other = torch.from_numpy(codes).to(style)
            result[0, label] = torch.lerp(style[0, label], other, change.amount)
        return result

    def _painted(self, batch: Batch, output: Output) -> Painted:
        composite = InpaintingModel.compose(batch, output)
        return Painted(
            ((composite[0].float() + 1) * 127.5).permute(1, 2, 0).cpu().numpy(),
            batch.hole[0, 0].cpu().numpy() > 0,
            batch.label[0].cpu().numpy().astype(np.uint8),
            self._scores(batch),
        )

    def _scores(self, batch: Batch) -> Float[np.ndarray, "classes h w"]:
        if batch.belief is None:
            certain = one_hot(batch.label, len(self.painter.labels))
            return certain[0].float().cpu().numpy()
        return upsample_logits(batch.belief.clamp(min=1e-12).log())[0].cpu().numpy()
