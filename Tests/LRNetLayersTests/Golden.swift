import Foundation
import LRNetKernels

/// The numbers of `Golden/golden.json`, which `Golden/make_golden.py` computes with PyTorch in
/// float64.
struct Golden: Sendable {
    /// The numbers of one case, by name.
    let values: [String: [Double]]

    private static let cases: [String: [String: [Double]]] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Golden/golden.json")
        do {
            return try JSONDecoder().decode(
                [String: [String: [Double]]].self, from: Data(contentsOf: file))
        } catch {
            fatalError("\(file.path): \(error)")
        }
    }()

    /// Loads the case with this name; traps if there is none.
    init(_ name: String) {
        guard let values = Self.cases[name] else { fatalError("no golden case \(name)") }
        self.values = values
    }

    /// The numbers with this name; traps if there are none.
    subscript(name: String) -> [Double] {
        guard let numbers = values[name] else { fatalError("no golden numbers \(name)") }
        return numbers
    }

    /// Returns inputs, which are Float32 numbers.
    func floats(_ name: String) -> [Float] { self[name].map { Float($0) } }

    /// The seed of the golden noise.
    static let seed: UInt64 = 0x0123_4567_89ab_cdef
}
