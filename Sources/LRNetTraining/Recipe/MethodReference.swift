internal import LRNetLayers

/// The documentation's table of training methods.
package enum MethodReference {
    /// A row a method, in Markdown.
    package static var table: String {
        let head = [
            "| name | publication | weights of a training step | gradient | weights of the finished network |",
            "|---|---|---|---|---|",
        ]
        let rows = TrainingMethod.allCases.map { method in
            let constants = method.constants.map { "`\($0.name): \($0.usual)`" }
            let name =
                "`\(method.rawValue)`"
                + (constants.isEmpty ? "" : " (\(constants.joined(separator: ", ")))")
            let cells = [name, method.publication, method.summary, method.gradient, method.result]
            return "| \(cells.joined(separator: " | ")) |"
        }
        return (head + rows).joined(separator: "\n") + "\n"
    }
}
