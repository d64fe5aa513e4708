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

    /// The texts of the files by their names, in the order in which they are written.
    package private(set) var files: [(name: String, text: String)]
    /// The bytes of `net.c`.
    package var source: [UInt8] {
        get { files.first { $0.name == "net.c" }.map { Array($0.text.utf8) } ?? [] }
        set {
            for index in files.indices where files[index].name == "net.c" {
                files[index].text = String(decoding: newValue, as: UTF8.self)
            }
        }
    }

    /// The number of bytes of constants, which a microcontroller keeps in flash.
    package let flashByteCount: Int
    /// The number of bytes of the arena.
    package let memoryByteCount: Int

    /// The names of all files of the folder.
    package static let names = ["net.h", "net.c", "test.c", "vectors.h"]

    /// - Parameters:
    ///   - deployed: The deployed network that `network` was converted from.
    ///   - packing: The packing of discrete weights; `nil` for bits or trits.
    ///   - vectors: The images of `vectors.h`.
    /// - Throws: `Failure` (78) if weights do not fit the packing.
    package init(
        _ network: FixedNetwork, of deployed: DeployedNetwork, packing: ONNXPacking? = nil,
        vectors: [Vector]
    ) throws {
        let plan = CPlan(network)
        let isSum = network.output.pixelCount > 1
        var layers = try CLayers(network, plan, packing: Self.packing(network, plan, packing))
        let finish = try layers.finish(network.output, isSum: isSum)
        let scratch = Self.scratch(layers)
        flashByteCount = layers.constantCount
        let sums = isSum ? 4 * network.output.inputs : 0
        memoryByteCount = (plan.activationCount + 3) / 4 * 4 + scratch.byteCount + sums
        files = [
            ("net.h", Self.header(network, deployed, memory: memoryByteCount)),
            (
                "net.c",
                Self.source(network, plan, layers, scratch: scratch.text, finish: finish)
            ),
            ("test.c", Self.test), ("vectors.h", Self.vectors(vectors, network.output)),
        ]
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
            let output = network.output
            let fit =
                network.layers.allSatisfy { CWeights($0).fitBits }
                && !(output.isDiscrete && output.weights.contains(0))
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
            members.append("        net_offset offsets[\(layers.offsetCount)];")
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

    // MARK: Files

    private static func header(
        _ network: FixedNetwork, _ deployed: DeployedNetwork, memory: Int
    ) -> String {
        let (shape, output) = (network.input.shape, network.output)
        let feature = output.pixelCount > 1 ? "int32_t" : "uint8_t"
        let images = network.input.rule == .image ? " and the standardization of images" : ""
        let classes = deployed.description.classNames ?? []
        // A comment must not contain "/*", and a backslash must not end a line.
        let names = classes.map {
            $0.replacing("*", with: "_").replacing("\n", with: " ").replacing("\\", with: "/")
        }
        var text = CText()
        text.add(
            """
            /* A network of \(deployed.method) weights for hardware without multipliers, written by
               lrnet-dist. To classify an image:

                   #include "net.h"

                   int classify(const uint8_t image[NET_IMAGE])
                   {
                       float scores[NET_CLASSES];
                       int best = 0, i;
                       net_run(image, scores);
                       for (i = 1; i < NET_CLASSES; i++)
                           if (scores[i] > scores[best]) best = i;
                       return best;
                   }

               Compile net.c with a C99 compiler; it needs no library except for floating point, in
               the last layer\(images). All buffers are one static arena of
               \(memory) bytes, so the functions are not re-entrant: do not call them from two
               threads, or from an interrupt during a call. LRNET_BUFFER can place the arena, for
               example -DLRNET_BUFFER='__attribute__((section(".ccmram")))'. Constants can stay in
               flash. For two networks in one program, compile each net.c and the only file that
               includes its net.h with other names, for example -Dnet_run=digits_run
               -Dnet_features=digits_features. */
            #ifndef LRNET_NET_H
            #define LRNET_NET_H

            #include <stdint.h>

            #ifdef __cplusplus
            extern "C" {
            #endif

            """)
        text.comment("An image: bytes in the order [row][column][channel].")
        text.add(
            """
            #define NET_HEIGHT \(shape.height)
            #define NET_WIDTH \(shape.width)
            #define NET_CHANNELS \(shape.channels)
            #define NET_IMAGE \(shape.count)

            """)
        if !names.isEmpty {
            text.comment(
                "Classes: " + names.enumerated().map { "\($0) \($1)" }.joined(separator: ", ") + "."
            )
        }
        text.add(
            """
            #define NET_CLASSES \(output.classes)

            /* The input of the last layer. */
            #define NET_FEATURES \(output.inputs)
            typedef \(feature) net_feature;

            /* The SHA-256 of the content of the network's file. */
            #define NET_SOURCE "\(deployed.source)"

            /* Computes the score of each class. */
            void net_run(const uint8_t image[NET_IMAGE], float scores[NET_CLASSES]);

            /* Returns the features of an image, which are valid until the next call. */
            const net_feature *net_features(const uint8_t image[NET_IMAGE]);

            #ifdef __cplusplus
            }
            #endif

            #endif
            """)
        return text.text
    }

    private static func source(
        _ network: FixedNetwork, _ plan: CPlan, _ layers: CLayers, scratch: String,
        finish: String
    ) -> String {
        let output = network.output
        let isSum = output.pixelCount > 1
        var text = CText()
        text.add(
            """
            /* The network of net.h. Activations are uint8_t and sums int32_t. Every value equals that of
               lrnet-dist predict --arithmetic fixed. Layers of discrete weights are computed without
               multiplication, division or floating point. */
            #include "net.h"

            #ifndef LRNET_BUFFER
            #define LRNET_BUFFER
            #endif

            """)
        if layers.offsetCount > 0 {
            text.add(
                """
                /* The position of an input in a window. */
                typedef uint\(layers.largestOffset > 65_535 ? 32 : 16)_t net_offset;

                """)
        }
        let sums = isSum ? "    int32_t features[NET_FEATURES];\n" : ""
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
        variables.append("    const uint8_t *const end = image + NET_IMAGE;")
        variables.append("    uint32_t x\(layers.countsChannels ? ", k" : ""), to;")
        var statements = layers.calls
        if isSum {
            variables.append("    uint32_t i, j, from = \(last.start());")
            statements += [
                "for (i = 0; i < NET_FEATURES; i++) {", "    arena.features[i] = 0;", "}",
                "for (j = 0; j < \(last.shape.pixelCount); j++) {",
                "    for (i = 0; i < NET_FEATURES; i++) {",
                "        arena.features[i] += a[from++];", "    }", "}",
                "return arena.features;",
            ]
        } else {
            statements.append("return \(CLayers.place(last.start()));")
        }
        text.add(
            """
            const net_feature *net_features(const uint8_t image[NET_IMAGE])
            {
            \(variables.joined(separator: "\n"))
            \(statements.map { "    \($0)" }.joined(separator: "\n"))
            }

            void net_run(const uint8_t image[NET_IMAGE], float scores[NET_CLASSES])
            {
                const net_feature *const features = net_features(image);
                uint32_t label, i;
            \(finish)
            }
            """)
        return text.text
    }

    private static let test = """
        /* Runs the images of vectors.h. Prints a line, and returns 0 if all results are equal. */
        #include <stdio.h>

        #include "net.h"
        #include "vectors.h"

        int main(void)
        {
            int differences = 0, i, j;
            for (i = 0; i < NET_VECTORS; i++) {
                float scores[NET_CLASSES];
                const net_feature *const features = net_features(net_images[i]);
                for (j = 0; j < NET_FEATURES; j++) {
                    differences += features[j] != net_expected_features[i][j];
                }
                net_run(net_images[i], scores);
                for (j = 0; j < NET_CLASSES; j++) {
                    differences += scores[j] != net_expected_scores[i][j];
                }
            }
            puts(differences == 0 ? "all vectors are equal" : "vectors differ");
            return differences == 0 ? 0 : 1;
        }

        """

    private static func vectors(_ vectors: [Vector], _ output: FixedOutput) -> String {
        var text = CText()
        text.add(
            """
            /* Images and the results of lrnet-dist predict --arithmetic fixed. */
            #define NET_VECTORS \(vectors.count)

            """)
        let pixels = vectors.map(\.pixels).joined()
        text.array(
            "uint8_t", "net_images", [vectors.count, vectors.first?.pixels.count ?? 0],
            Array(pixels))
        text.array(
            "net_feature", "net_expected_features", [vectors.count, output.inputs],
            vectors.flatMap(\.result.features))
        text.array(
            "net_expected_scores", [vectors.count, output.classes],
            vectors.flatMap(\.result.scores))
        return text.text
    }
}
