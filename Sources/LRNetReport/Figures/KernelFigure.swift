internal import LRNetLayers
internal import LRNetTraining

/// Figure 3 of the paper: the first kernels of the first layer.
enum KernelFigure {
    /// The largest number of kernels in a panel.
    private static let count = 25

    /// The methods in the paper's order. Other methods follow.
    private static let order = ["binary", "ternary", "full-precision"]

    static func make(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("kernels", "Figure 3: kernels of the first layer")
        func place(_ run: ReportRun) -> Int { order.firstIndex(of: run.method) ?? order.count }
        let sorted = runs.enumerated().sorted {
            (place($0.element), $0.offset) < (place($1.element), $1.offset)
        }
        let panels = sorted.compactMap { panel($0.element) }
        guard !panels.isEmpty else {
            return .missing(
                name: name, title: title,
                "Needs a run with a winner's file (at least one validation) whose first layer is a "
                    + "convolution.")
        }
        let absent = order.filter { method in !runs.contains { $0.method == method } }
        let note =
            absent.isEmpty
            ? ""
            : " The paper shows \(Text.list(order)); this report lacks \(Text.list(absent))."
        return Figure(
            name: name, title: title,
            caption:
                "The first \(count) kernels of the winner's file. Black is −1, gray is 0 and white "
                + "is +1. Real weights are scaled so that 98 % of the weights shown are in "
                + "this range. Three input channels are shown as red, green and blue; other "
                + "numbers of channels are shown by their mean.\(note)",
            panels: panels)
    }

    /// The first kernels of a run's winner.
    private struct Kernels {
        var layer: String
        var window: Int
        /// The gray level, or the red, green and blue levels, of each pixel of each kernel, from 0
        /// to 1.
        var levels: [[[Double]]]
        var detail: String
    }

    private static func kernels(_ run: ReportRun) -> Kernels? {
        guard let winner = run.winner, let layer = run.recipe.makeNetwork().weightedLayers.first,
            layer.shape.window > 1, let tensor = winner.tensors["\(layer.name).weight"],
            tensor.values.count == layer.shape.count
        else { return nil }
        let shape = layer.shape
        let shown = min(count, shape.outputs)
        let pixels = shape.window * shape.window
        func weight(_ pixel: Int, _ channel: Int, _ output: Int) -> Double {
            Double(tensor.values[(pixel * shape.inputs + channel) * shape.outputs + output])
        }
        var scale = 1.0
        var detail: String
        if tensor.type == .float32 {
            let sizes = (0..<shown).flatMap { output in
                (0..<pixels * shape.inputs).map {
                    abs(weight($0 / shape.inputs, $0 % shape.inputs, output))
                }
            }.sorted()
            scale = max(sizes[(sizes.count - 1) * 98 / 100], 1e-12)
            detail = "98 % of the weights shown are within ±\(Text.general(scale))"
        } else {
            let zeros = tensor.values.count { $0 == 0 }
            detail =
                "\(Text.percent(100 * Double(zeros) / Double(shape.count), 1)) of this layer's "
                + "weights are 0"
        }
        func level(_ value: Double) -> Double { 0.5 + value / scale / 2 }
        let levels = (0..<shown).map { output in
            (0..<pixels).map { pixel in
                let values = (0..<shape.inputs).map { weight(pixel, $0, output) }
                return shape.inputs == 3
                    ? values.map(level)
                    : [level(values.reduce(0, +) / Double(max(values.count, 1)))]
            }
        }
        return Kernels(layer: layer.name, window: shape.window, levels: levels, detail: detail)
    }

    private static func panel(_ run: ReportRun) -> TileGrid? {
        guard let kernels = kernels(run) else { return nil }
        return TileGrid(
            title: run.label,
            summary: "The first \(kernels.levels.count) kernels of \(kernels.layer), "
                + "\(kernels.window) by \(kernels.window) pixels each; \(kernels.detail).",
            columns: 5,
            kernels.levels.map { TileGrid.Tile(width: kernels.window, levels: $0) })
    }

    /// Returns an image of the kernels of a run's winner. There are five kernels per row with gaps
    /// of one pixel, and each pixel is enlarged to eight by eight.
    static func image(_ run: ReportRun) -> (
        layer: String, png: [UInt8], width: Int, height: Int
    )? {
        guard let kernels = kernels(run) else { return nil }
        let (columns, zoom, gap) = (5, 8, UInt8(96))
        let rows = (kernels.levels.count + columns - 1) / columns
        let width = (columns * (kernels.window + 1) + 1) * zoom
        let height = (rows * (kernels.window + 1) + 1) * zoom
        var pixels = [UInt8](repeating: gap, count: width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let (column, row) = (x / zoom - 1, y / zoom - 1)
                guard column >= 0, row >= 0, column % (kernels.window + 1) < kernels.window,
                    row % (kernels.window + 1) < kernels.window
                else { continue }
                let number =
                    row / (kernels.window + 1) * columns + column / (kernels.window + 1)
                guard number < kernels.levels.count else { continue }
                let place =
                    row % (kernels.window + 1) * kernels.window + column % (kernels.window + 1)
                let levels = kernels.levels[number][place]
                for channel in 0..<3 {
                    let level = levels.count == 3 ? levels[channel] : levels[0]
                    pixels[(y * width + x) * 3 + channel] = UInt8(
                        (min(max(level, 0), 1) * 255).rounded())
                }
            }
        }
        let png = PNGImage.encode(width: width, height: height, channels: 3, pixels: pixels)
        return (kernels.layer, png, width, height)
    }
}
