/// The test program of a C export and its images.
struct CTestFiles {
    private let names: CNames
    private let output: FixedOutput

    init(_ names: CNames, _ output: FixedOutput) {
        self.names = names
        self.output = output
    }

    var program: String {
        let (prefix, macro) = (names.prefix, names.macro)
        return """
            /* Runs the images of vectors.h. Prints a line, and returns 0 if all results are equal. */
            #include <stdio.h>

            #include "\(prefix).h"
            #include "vectors.h"

            int main(void)
            {
                int differences = 0, i, j;
                for (i = 0; i < \(macro)_VECTORS; i++) {
                    \(prefix)_score scores[\(macro)_CLASSES];
                    const \(prefix)_feature *const features = \(prefix)_features(\(prefix)_images[i]);
                    for (j = 0; j < \(macro)_FEATURES; j++) {
                        differences += features[j] != \(prefix)_expected_features[i][j];
                    }
                    \(prefix)_run(\(prefix)_images[i], scores);
                    for (j = 0; j < \(macro)_CLASSES; j++) {
                        differences += scores[j] != \(prefix)_expected_scores[i][j];
                    }
                }
                puts(differences == 0 ? "all vectors are equal" : "vectors differ");
                return differences == 0 ? 0 : 1;
            }

            """
    }

    /// Returns `vectors.h`: images and the expected results.
    func vectors(_ vectors: [CExport.Vector]) -> String {
        let (prefix, macro) = (names.prefix, names.macro)
        var text = CText()
        text.add(
            """
            /* Images and the results of lrnet-dist predict --arithmetic fixed. */
            #define \(macro)_VECTORS \(vectors.count)

            """)
        text.array(
            "uint8_t", "\(prefix)_images", [vectors.count, vectors.first?.pixels.count ?? 0],
            Array(vectors.map(\.pixels).joined()))
        text.array(
            "\(prefix)_feature", "\(prefix)_expected_features", [vectors.count, output.inputs],
            vectors.flatMap(\.result.features))
        let (scores, sizes) = ("\(prefix)_expected_scores", [vectors.count, output.classes])
        if output.integer == nil {
            text.array(scores, sizes, vectors.flatMap(\.result.scores))
        } else {
            text.array(
                "\(prefix)_score", scores, sizes, vectors.flatMap(\.result.integerScores))
        }
        return text.text
    }
}
