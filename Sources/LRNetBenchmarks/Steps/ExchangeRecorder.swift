internal import LRNetKernels
internal import LRNetLayers
internal import LRNetTraining

/// A proxy that forwards the exchanges of a step to the reducer, and can repeat the exchanges of
/// one step without the step.
final class ExchangeRecorder: GradientExchange {
    private let reducer: GradientReducer
    private var isRecording = false
    private var calls: [(GradientReducer) throws -> Void] = []
    /// The gathered rows of all samples, by name. They stay valid between steps, unlike a layer's
    /// own rows.
    private var gathered: [GatherName: FloatView] = [:]

    init(_ reducer: GradientReducer) {
        self.reducer = reducer
    }

    /// Records the exchanges of a step for ``replay()``. Every rank must call it.
    func record(_ step: () throws -> Void) rethrows {
        calls = []
        isRecording = true
        defer { isRecording = false }
        try step()
    }

    /// Repeats the recorded exchanges, all started at once and without computation, and waits for
    /// them. Every rank must call it.
    ///
    /// Sums of gradients are overwritten; rows and parameters do not change.
    func replay() throws {
        for call in calls { try call(reducer) }
        try reducer.finish()
    }

    private func pass(_ call: @escaping (GradientReducer) throws -> Void) throws {
        if isRecording { calls.append(call) }
        try call(reducer)
    }

    func beginSum(_ range: Range<Int>, of store: GradientStore, unit: Int?) throws {
        try pass { try $0.beginSum(range, of: store, unit: unit) }
    }

    func beginGather(rows: FloatView, width: Int, name: GatherName, layout: BatchLayout) throws {
        try reducer.beginGather(rows: rows, width: width, name: name, layout: layout)
        guard isRecording else { return }
        let start = layout.firstSample * width
        let own = start..<start + layout.sampleCount * width
        calls.append { [weak self] reducer in
            guard let rows = self?.gathered[name]?[own] else { return }
            try reducer.beginGather(rows: rows, width: width, name: name, layout: layout)
        }
    }

    func finishGather(_ name: GatherName) throws -> FloatView {
        let rows = try reducer.finishGather(name)
        gathered[name] = rows
        return rows
    }

    func share(of count: Int, unit: Int) -> Range<Int> { reducer.share(of: count, unit: unit) }

    func beginGather(shares view: FloatView, unit: Int) throws {
        try pass { try $0.beginGather(shares: view, unit: unit) }
    }

    func progress() { reducer.progress() }
}
