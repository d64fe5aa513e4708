internal import LRNetKernels

/// Which buffers a backward pass takes from ``ScratchMemory/gradient(_:)``, without computing one.
///
/// Each layer says which buffer the gradient of its input takes (``Layer/inputGradientBuffer``); a buffer is
/// in use until the layer before has made its own gradient.
struct GradientPlan {
    private var counts: [Int] = []
    private var users: [Int] = []
    private let sampleCount: Int

    /// Plans the pass of a network.
    init(stages: [any Layer], sampleCount: Int) {
        self.sampleCount = sampleCount
        // The loss has a buffer of its own.
        if let end = run(stages, nil) { release(end) }
    }

    /// The values of all buffers.
    var valueCount: Int { counts.reduce(0, +) }

    private mutating func take(_ count: Int) -> Int {
        let free = counts.indices.filter { users[$0] == 0 && counts[$0] >= count }
        let index = free.min { counts[$0] < counts[$1] } ?? counts.endIndex
        if index == counts.endIndex {
            counts.append(count)
            users.append(0)
        }
        users[index] += 1
        return index
    }

    private mutating func release(_ index: Int) { users[index] -= 1 }

    /// The pass through layers, from a gradient that the caller goes on holding.
    ///
    /// - Returns: The buffer that the result stands in, held once more.
    private mutating func run(_ layers: [any Layer], _ gradient: Int?) -> Int? {
        var gradient = gradient
        if let gradient { users[gradient] += 1 }
        for layer in layers.reversed() {
            let result = step(layer, gradient)
            if let gradient { release(gradient) }
            gradient = result
        }
        return gradient
    }

    private mutating func step(_ layer: any Layer, _ gradient: Int?) -> Int? {
        switch layer.inputGradientBuffer {
        case .same:
            if let gradient { users[gradient] += 1 }
            return gradient
        case .another: return take(sampleCount * layer.inputShape.count)
        case .empty: return take(0)
        case .sum(let body, let shortcut):
            let second = take(sampleCount * layer.outputShape.count)
            let ofBody = run(body, gradient)
            let ofShortcut = run(shortcut, second)
            if let ofShortcut { release(ofShortcut) }
            release(second)
            return ofBody
        }
    }
}

extension Network {
    /// Values of the buffers that gradients of activations take in a backward pass.
    package func activationGradientCount(sampleCount: Int) -> Int {
        GradientPlan(stages: stages, sampleCount: sampleCount).valueCount
    }
}
