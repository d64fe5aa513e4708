internal import LRNetKernels
internal import LRNetLayers
internal import LRNetTraining

/// Passes the exchanges of a step on to the reducer, and can repeat those of one step alone.
final class ExchangeRecorder: GradientExchange {
    private let reducer: GradientReducer
    private var isRecording = false
    private var calls: [(GradientReducer) throws -> Void] = []
    /// Rows of all samples, by name. They stay between steps, unlike what a layer brings.
    private var gathered: [GatherName: FloatView] = [:]

    /// Creates a recorder of a reducer's exchanges.
    init(_ reducer: GradientReducer) {
        self.reducer = reducer
    }

    /// Records the exchanges of a step, for ``replay()``. Every rank does the same.
    func record(_ step: () throws -> Void) rethrows {
        calls = []
        isRecording = true
        defer { isRecording = false }
        try step()
    }

    /// Makes the recorded exchanges once more, all at once and with nothing beside them, and waits.
    /// Every rank calls it.
    ///
    /// Sums of gradients are overwritten; rows and parameters stay as they are.
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
