internal import Foundation
internal import LRNetKernels
internal import LRNetTraining

/// The header of a C file.
struct CHeader {
    private let network: FixedNetwork
    private let deployed: DeployedNetwork
    private let names: CNames
    private let memoryByteCount: Int

    init(
        _ network: FixedNetwork, _ deployed: DeployedNetwork, _ names: CNames,
        memoryByteCount: Int
    ) {
        self.network = network
        self.deployed = deployed
        self.names = names
        self.memoryByteCount = memoryByteCount
    }

    var text: String {
        let macro = names.macro
        var text = CText()
        text.add(instructions)
        text.add(
            """
            #ifndef LRNET_\(macro)_H
            #define LRNET_\(macro)_H

            #include <stdint.h>

            #ifdef __cplusplus
            extern "C" {
            #endif

            """)
        addSizes(to: &text)
        addScores(to: &text)
        text.add(
            """
            #ifdef __cplusplus
            }
            #endif

            #endif
            """)
        return text.text
    }

    /// The code that needs floating point, such as ` except for floating point, in the last layer`.
    private var realCode: String {
        var places: [String] = []
        if network.lastLayer == .float { places.append("the last layer") }
        if network.input.rule == .image { places.append("the standardization of images") }
        guard !places.isEmpty else { return "" }
        return " except for floating point, in \(places.joined(separator: " and "))"
    }

    private var instructions: String {
        let (prefix, macro) = (names.prefix, names.macro)
        var words = CText()
        words.comment(
            "Compile \(prefix).c with a C99 compiler; it needs no library\(realCode). All buffers "
                + "are one static arena of \(memoryByteCount) bytes, so the functions are not "
                + "re-entrant: do not call them from two threads, or from an interrupt during a "
                + "call. LRNET_BUFFER can place the arena, for example "
                + "-DLRNET_BUFFER='__attribute__((section(\".ccmram\")))'. Constants can stay in "
                + "flash. Two networks in one program need different names: export them with "
                + "different --prefix options.")
        // The paragraph continues the comment above it.
        let paragraph = words.text.dropFirst(2).dropLast()
        return """
            /* A network of \(deployed.method) weights for hardware without multipliers, written by
               lrnet-dist. To classify an image:

                   #include "\(prefix).h"

                   int classify(const uint8_t image[\(macro)_IMAGE])
                   {
                       \(prefix)_score scores[\(macro)_CLASSES];
                       int best = 0, i;
                       \(prefix)_run(image, scores);
                       for (i = 1; i < \(macro)_CLASSES; i++)
                           if (scores[i] > scores[best]) best = i;
                       return best;
                   }

              \(paragraph)
            """
    }

    private func addSizes(to text: inout CText) {
        let (shape, macro) = (network.input.shape, names.macro)
        text.comment("An image: bytes in the order [row][column][channel].")
        text.add(
            """
            #define \(macro)_HEIGHT \(shape.height)
            #define \(macro)_WIDTH \(shape.width)
            #define \(macro)_CHANNELS \(shape.channels)
            #define \(macro)_IMAGE \(shape.count)

            """)
        // A comment must not contain "/*", and a backslash must not end a line.
        let classes = (deployed.description.classNames ?? []).map {
            $0.replacing("*", with: "_").replacing("\n", with: " ").replacing("\\", with: "/")
        }
        if !classes.isEmpty {
            text.comment(
                "Classes: "
                    + classes.enumerated().map { "\($0) \($1)" }.joined(separator: ", ") + ".")
        }
        text.add("#define \(macro)_CLASSES \(network.output.classes)\n")
    }

    private func addScores(to text: inout CText) {
        let (prefix, macro) = (names.prefix, names.macro)
        let output = network.output
        let feature = output.pixelCount > 1 ? "int32_t" : "uint8_t"
        text.add(
            """
            /* The input of the last layer. */
            #define \(macro)_FEATURES \(output.inputs)
            typedef \(feature) \(prefix)_feature;

            """)
        if let integer = output.integer {
            text.comment("The real score is this number times \(integer.unit).")
        }
        text.add(
            """
            typedef \(output.integer == nil ? "float" : "int32_t") \(prefix)_score;

            /* The SHA-256 of the content of the network's file. */
            #define \(macro)_SOURCE "\(deployed.source)"

            /* Computes the score of each class. */
            void \(prefix)_run(
                const uint8_t image[\(macro)_IMAGE], \(prefix)_score scores[\(macro)_CLASSES]);

            /* Returns the features of an image, which are valid until the next call. */
            const \(prefix)_feature *\(prefix)_features(const uint8_t image[\(macro)_IMAGE]);

            """)
    }
}
