internal import Foundation
internal import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

/// Writes a fixed-point network as C99 that computes the same bytes as ``FixedEngine``.
///
/// The code includes only `<stdint.h>` and needs no library, heap or recursion. All buffers are in
/// one static arena; all weights are constants. Discrete layers are computed without
/// multiplication, division or floating point.
package struct CExport: Sendable {
    /// An image with the expected results.
    package struct Vector: Sendable {
        package var pixels: [UInt8]
        package var result: FixedEngine.Result

        package init(pixels: [UInt8], result: FixedEngine.Result) {
            self.pixels = pixels
            self.result = result
        }
    }

    /// The texts of the files by their names, in the order of ``CNames/files``.
    package private(set) var files: [(name: String, text: String)]
    /// The bytes of `net.c`.
    package var source: [UInt8] {
        get { Array(files[1].text.utf8) }
        set { files[1].text = String(decoding: newValue, as: UTF8.self) }
    }

    package let names: CNames

    /// The number of bytes of constants, which a microcontroller keeps in flash.
    package let flashByteCount: Int
    /// The number of bytes of the arena.
    package let memoryByteCount: Int

    /// - Parameters:
    ///   - deployed: The deployed network that `network` was converted from.
    ///   - packing: The packing of discrete weights; `nil` for bits or trits.
    ///   - vectors: The images of `vectors.h`.
    /// - Throws: `Failure` (78) if weights do not fit the packing.
    package init(
        _ network: FixedNetwork, of deployed: DeployedNetwork, packing: ONNXPacking? = nil,
        names: CNames = .standard, vectors: [Vector]
    ) throws {
        self.names = names
        let plan = CPlan(network)
        let isSum = network.output.pixelCount > 1
        let packing = try Self.packing(network, plan, packing)
        var layers = try CLayers(network, plan, packing: packing)
        let output = try COutput(network.output, packing: packing, names: names)
        layers.add(output)
        let scratch = Self.scratch(layers)
        flashByteCount = layers.constantCount
        let sums = isSum ? 4 * network.output.inputs : 0
        memoryByteCount = (plan.activationCount + 3) / 4 * 4 + scratch.byteCount + sums
        let test = CTestFiles(names, network.output)
        let texts = [
            CHeader(network, deployed, names, memoryByteCount: memoryByteCount).text,
            Self.source(network, plan, layers, names, scratch.text, output.statements),
            test.program, test.vectors(vectors),
        ]
        files = zip(names.files, texts).map { (name: $0, text: $1) }
    }

    /// Returns the packing of all discrete layers: the given one, or the smallest.
    private static func packing(
        _ network: FixedNetwork, _ plan: CPlan, _ packing: ONNXPacking?
    ) throws -> CPacking {
        switch packing {
        case .trits: return .trits
        case .bits: return .bits
        case .int2: return .int2
        case .int8:
            throw FailureSite("c", "--packing int8").usage("is for ONNX; use trits, int2 or bits")
        case nil:
            let fit =
                network.layers.allSatisfy { CWeights($0).fitBits }
                && COutput.fitsBits(network.output)
            return fit ? .bits : .trits
        }
    }

    /// The number of images of `vectors.h`.
    private static let vectorCount = 8

    /// Returns the first images of a split with their results, or random ones if there is none.
    static func vectors(_ network: FixedNetwork, images: ImageSource?) throws -> [Vector] {
        let engine = FixedEngine(network, weights: FixedEngine.Weights(network))
        let pixels: [[UInt8]]
        if let images {
            pixels = try images.read(0..<min(vectorCount, images.count)).pixels
        } else {
            var state: UInt32 = 1
            pixels = (0..<vectorCount).map { _ in
                (0..<network.input.shape.count).map { _ in
                    // Numerical Recipes' generator; its high bits are random enough.
                    state = state &* 1_664_525 &+ 1_013_904_223
                    return UInt8(state >> 24)
                }
            }
        }
        return pixels.map { Vector(pixels: $0, result: engine.run(engine.input($0))) }
    }

    // MARK: Memory

    /// Returns the members of the memory that layers share for intermediate results, and its size.
    private static func scratch(_ layers: CLayers) -> (text: String, byteCount: Int) {
        var members: [String] = []
        var byteCount = 0
        if layers.offsetCount > 0 {
            members.append("        window_offset offsets[\(layers.offsetCount)];")
            byteCount = layers.offsetCount * (layers.largestOffset > 65_535 ? 4 : 2)
        }
        if layers.connectedCount > 0 {
            let table = layers.kernels.packing.byteCount
            members.append(
                """
                        struct {
                            int32_t sums[\(layers.connectedCount)];
                            int16_t table[\(table)];
                        } connection;
                """)
            byteCount = max(byteCount, 4 * layers.connectedCount + 2 * table)
        }
        if layers.kernels.standardizes {
            members.append("        uint8_t map[256];")
            byteCount = max(byteCount, 256)
        }
        guard !members.isEmpty else { return ("", 0) }
        return (
            "    union {\n\(members.joined(separator: "\n"))\n    } scratch;\n",
            (byteCount + 3) / 4 * 4
        )
    }

    // MARK: The source

    private static func source(
        _ network: FixedNetwork, _ plan: CPlan, _ layers: CLayers, _ names: CNames,
        _ scratch: String, _ finish: String
    ) -> String {
        let (prefix, macro) = (names.prefix, names.macro)
        let isSum = network.output.pixelCount > 1
        var text = CText()
        text.add(
            """
            /* The network of \(prefix).h. Activations are uint8_t and sums int32_t. Every value
               equals that of lrnet-dist predict --arithmetic fixed. Layers of discrete weights are
               computed without multiplication, division or floating point. Positions are volatile
               because compilers otherwise multiply to compute them. */
            #include "\(prefix).h"

            #ifndef LRNET_BUFFER
            #define LRNET_BUFFER
            #endif

            """)
        if layers.offsetCount > 0 {
            text.add(
                """
                /* The position of an input in a window. */
                typedef uint\(layers.largestOffset > 65_535 ? 32 : 16)_t window_offset;

                """)
        }
        let sums = isSum ? "    int32_t features[\(macro)_FEATURES];\n" : ""
        text.add(
            """
            /* All memory. Activations of different layers share bytes. */
            static LRNET_BUFFER struct {
            \(scratch)\(sums)    uint8_t activations[\(plan.activationCount)];
            } arena;

            """)
        text.add(layers.inputConstants.text + layers.kernels.text + "\n")
        text.add(layers.constants.text)
        let last = plan.tensors[plan.last]
        var variables = ["    uint8_t *const a = arena.activations;"]
        variables.append("    const uint8_t *const end = image + \(macro)_IMAGE;")
        variables.append("    volatile uint32_t to;")
        variables.append("    uint32_t x\(layers.countsChannels ? ", k" : "");")
        var statements = layers.calls
        if isSum {
            variables.append("    volatile uint32_t from = \(last.start());")
            variables.append("    uint32_t i, j;")
            statements += [
                "for (i = 0; i < \(macro)_FEATURES; i++) {", "    arena.features[i] = 0;", "}",
                "for (j = 0; j < \(last.shape.pixelCount); j++) {",
                "    for (i = 0; i < \(macro)_FEATURES; i++) {",
                "        arena.features[i] += a[from++];", "    }", "}",
                "return arena.features;",
            ]
        } else {
            statements.append("return \(CLayers.place(last.start()));")
        }
        text.add(
            """
            const \(prefix)_feature *\(prefix)_features(const uint8_t image[\(macro)_IMAGE])
            {
            \(variables.joined(separator: "\n"))
            \(statements.map { "    \($0)" }.joined(separator: "\n"))
            }

            void \(prefix)_run(
                const uint8_t image[\(macro)_IMAGE], \(prefix)_score scores[\(macro)_CLASSES])
            {
                const \(prefix)_feature *const features = \(prefix)_features(image);
                uint32_t label, i;
            \(finish)
            }
            """)
        return text.text
    }
}
