import Foundation
import LRNetData
import LRNetDeployment
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Exported C computes the features and scores of the fixed-point engine.
@Suite(.enabled(if: !CCompiler.installed.isEmpty, "no C compiler"))
struct CExportTests {
    typealias Example = ONNXTests.Example

    private static let examples =
        (ONNXTests.common + ONNXTests.signs + ONNXTests.averages + ONNXTests.inputs
        + ONNXTests.integers)
        .filter { $0.packing != .int8 } + [
            // Pools with a remainder at the bottom and the right, of other sizes, and in a row.
            Example(network: "{layers: [9C3, MP3, 7C3, MP2, 11FC], input: 17x16x2, classes: 4}"),
            Example(network: "{layers: [8C3, MP2/3, 7C3/2, MP2, MP2], input: 31x29x1, classes: 4}"),
            Example(
                network: "{layers: [6C3, MP2, 5C3], input: 12x9x1, classes: 3}", weights: "binary",
                packing: .int2),
            Example(network: "{layers: [13FC, 7FC], input: 5x3x1, classes: 4}", weights: "ttq"),
            Example(
                network: "{layers: [13FC, 7FC], input: 5x3x1, classes: 4, "
                    + "firstLayer: full-precision}"),
            Example(
                network: "{layers: [8C3, GAP], input: 9x7x1, classes: 5, lastLayer: discrete}",
                weights: "binary"),
            Example(
                network: "{layers: [6C3, 9FC], input: 7x7x3, classes: 5}", weights: "binary",
                scaling: .image),
            // Offsets in a window that exceed 16 bits.
            Example(network: "{layers: [16C3, 4C5/5], input: 6x1100x1, classes: 3}"),
        ]

    @Test(arguments: examples)
    func `compiled C and the engine have equal features and scores`(_ example: Example) throws {
        let seeds: [UInt64] = example.lastLayer == .int8 ? [1] : [1, 2]
        for seed in seeds {
            let folder = try CFolder(.random(example, seed: seed))
            for (index, compiler) in CCompiler.installed.enumerated() {
                let isChecked = (index + Int(seed)).isMultiple(of: 2)
                let options = compiler.strict + (isChecked ? compiler.sanitizers : [])
                #expect(try folder.test(compiler, options) == "all vectors are equal\n")
            }
        }
    }

    @Test(arguments: [1, 2, 16])
    func `compiled C equals the engine for any number of digits`(digits: Int) throws {
        for example in [Self.plain, Self.examples.first { $0.network.contains("12R/2") }] {
            let folder = try CFolder(.random(try #require(example), digits: digits))
            let compiler = CCompiler.installed[0]
            #expect(
                try folder.test(compiler, compiler.strict + compiler.sanitizers)
                    == "all vectors are equal\n")
        }
    }

    /// Factors of every size, and sums at which results are clipped or rounded.
    @Test
    func `the activation function in C equals that of the engine`() throws {
        struct Case {
            var digits: [UInt8]
            var offset, sum, bias: Int32
            var expected: UInt8
        }
        var numbers = RandomNumbers(state: 3)
        var cases: [Case] = []
        for index in 0..<6_000 {
            let levels: Requantization.Levels = index % 2 == 0 ? .rectified : .signed
            let factor = Int32(1 + numbers.whole(1 << (1 + numbers.whole(30))))
            let bias = Int32(numbers.whole(20_000)) - 10_000
            let rule = Requantization(bias: [bias], factor: [factor], levels: levels, unit: 1)
            var digits = FactorDigits.terms(factor).map {
                UInt8($0.exponent) | ($0.isNegative ? 128 : 0)
            }
            digits += Array(repeating: 255, count: 16 - digits.count)
            let half = Int32(clamping: (1 << 15) / Int(factor))
            let values =
                [0, 1, -1, rule.tops[0], rule.tops[0] - 1, half, half + 1, 3 * half, -half - 1]
                + (0..<3).map { _ in Int32(numbers.whole(1 << (1 + numbers.whole(23)))) }
            for value in values + values.map({ -$0 }) where abs(value) < 1 << 24 {
                let sum = value - bias
                cases.append(
                    Case(
                        digits: digits, offset: levels.offset, sum: sum, bias: bias,
                        expected: rule.apply(sum, channel: 0)))
            }
        }
        let folder = try CFolder(.random(Self.plain))
        let rows = cases.map { test in
            let digits = test.digits.map(String.init).joined(separator: ",")
            return "{{\(digits)},\(test.offset),\(test.sum),\(test.bias),\(test.expected)},"
        }
        let main = """
            #include "net.c"
            static const struct { uint8_t digits[16]; uint32_t offset; int32_t sum, bias;
                                  uint8_t expected; } cases[] = {
            \(rows.joined(separator: "\n"))
            };
            int main(void)
            {
                for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                    const struct rule rule = {0, 0, 16, cases[i].offset};
                    if (activate(&rule, cases[i].digits, cases[i].sum, cases[i].bias)
                        != cases[i].expected) return 1;
                }
                return 0;
            }

            """
        try AtomicFile.write(main, to: "\(folder.path)/main.c")
        let compiler = CCompiler.installed[0]
        try compiler.compile(
            compiler.strict + compiler.sanitizers
                + ["-o", "\(folder.path)/main", "\(folder.path)/main.c"])
        #expect(cases.count > 100_000)
        #expect(try Launch("\(folder.path)/main", []).wait().status == 0)
    }

    private static let plain = Example(
        network: "{layers: [8C3, MP2, 12C5, MP2, 32FC], input: 14x13x1, classes: 7}")

    /// The test finds a difference of one step in one feature.
    @Test
    func `the test program fails if an expected result differs`() throws {
        var random = try RandomNetwork(Self.plain.network)
        let fixed = try FixedNetwork(
            random.deployed, calibration: ONNXTests.calibration(&random, .unit))
        let engine = FixedEngine(fixed, weights: FixedEngine.Weights(fixed))
        let pixels = random.pictures(1)[0]
        var result = engine.run(engine.input(pixels))
        result.features[3] ^= 1
        let export = try CExport(
            fixed, of: random.deployed, vectors: [CExport.Vector(pixels: pixels, result: result)])
        for compiler in CCompiler.installed {
            #expect(try CFolder(export).test(compiler, compiler.strict) == "vectors differ\n")
        }
    }

    /// Equal inputs, equal bytes; no header but `<stdint.h>`; no library function but those that
    /// compilers insert.
    @Test
    func `generated code is deterministic and includes only stdint`() throws {
        let export = try CExport.random(Self.plain)
        let again = try CExport.random(Self.plain)
        #expect(export.files.map(\.text) == again.files.map(\.text))
        #expect(export.files.map(\.name) == CNames.standard.files)
        for (name, text) in export.files where name != "test.c" {
            let headers = text.split(separator: "\n").filter { $0.hasPrefix("#include <") }
            #expect(headers == (name == "net.h" ? ["#include <stdint.h>"] : []), "\(name)")
            let longest = text.split(separator: "\n").max { $0.count < $1.count } ?? ""
            #expect(longest.count <= 100, "\(name): \(longest)")
        }
        let folder = try CFolder(export)
        let object = "\(folder.path)/net.o"
        for compiler in CCompiler.installed {
            try compiler.compile(
                compiler.strict + ["-c", "-o", object, "\(folder.path)/net.c"])
            let symbols = try Launch("/usr/bin/env", ["nm", "-u", object]).wait()
            try #require(symbols.status == 0, "\(symbols.errors)")
            let names = symbols.output.split(separator: "\n").map { $0.dropFirst(19) }
            #expect(Set(names).isSubset(of: ["memset", "memcpy", "memmove"]), "\(names)")
        }
    }

    /// The arena is placed where LRNET_BUFFER says.
    @Test
    func `a macro places the arena in another section`() throws {
        let export = try CExport.random(Self.plain)
        let folder = try CFolder(export)
        let object = "\(folder.path)/net.o"
        let compiler = CCompiler.installed[0]
        try compiler.compile(
            compiler.strict + [
                "-DLRNET_BUFFER=__attribute__((section(\".ccmram\")))", "-c", "-o", object,
                "\(folder.path)/net.c",
            ])
        let sections = try Launch("/usr/bin/env", ["size", "-A", object]).wait().output
        let line = sections.split(separator: "\n").first { $0.hasPrefix(".ccmram") } ?? ""
        let size = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        #expect(size == export.memoryByteCount, "\(sections)")
    }

    @Test
    func `bits refuse a network that has zeros`() throws {
        var example = Self.plain
        example.packing = .bits
        let error = #expect(throws: Failure.self) { try CExport.random(example) }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description
                == "c: conv1: bits cannot store zeros; choose --packing trits or int2")
    }
}
