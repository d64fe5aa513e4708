internal import LRNetSupport

/// A progress bar that appears with the first batch, if there is a terminal.
final class EvaluationBar {
    private let isShown: Bool
    private var bar: ProgressBar?

    init(isShown: Bool) { self.isShown = isShown && Terminal.current != nil }

    func show(_ progress: EvaluationProgress) {
        guard isShown else { return }
        if bar == nil { bar = progress.makeBar() }
        progress.update(bar)
    }

    func finish() { bar?.finish() }
}
