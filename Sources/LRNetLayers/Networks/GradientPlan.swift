internal import LRNetKernels

/// The buffers that a backward pass takes from ``ScratchMemory/gradient(_:)``, determined without a
/// pass.
///
/// Each layer declares the buffer of the gradient of its input (``Layer/inputGradientBuffer``). A
/// buffer is in use until the preceding layer has computed the gradient of its own input.
struct GradientPlan {
    private var counts: [Int] = []
    private var users: [Int] = []
    private let sampleCount: Int

    /// Plans the backward pass of a network.
    init(stages: [any Layer], sampleCount: Int) {
        self.sampleCount = sampleCount
        // The loss uses a separate buffer.
        if let end = run(stages, nil) { release(end) }
    }

    /// The number of values of all buffers.
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

    /// Plans the pass through layers, from a gradient that the caller retains.
    ///
    /// - Returns: The buffer that contains the result, retained once more.
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
            let copy = take(sampleCount * layer.outputShape.count)
            let bodyGradient = run(body, gradient)
            let shortcutGradient = run(shortcut, copy)
            if let shortcutGradient { release(shortcutGradient) }
            release(copy)
            return bodyGradient
        }
    }
}

extension Network {
    /// Returns the number of values of the buffers that a backward pass uses for gradients of
    /// activations.
    package func activationGradientCount(sampleCount: Int) -> Int {
        GradientPlan(stages: stages, sampleCount: sampleCount).valueCount
    }
}
