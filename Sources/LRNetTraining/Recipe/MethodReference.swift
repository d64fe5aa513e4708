internal import LRNetLayers

/// The table of training methods in the documentation.
package enum MethodReference {
    /// The table in Markdown, one row per method.
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
