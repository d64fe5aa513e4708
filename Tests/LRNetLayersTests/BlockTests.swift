import LRNetKernels
import LRNetLayers
import LRNetTestSupport
import Testing

/// Checks the words of the notation, and the sizes that blocks state for their layers.
@Suite struct BlockTests {
    /// A word of each kind, and words with a stride.
    static let examples = BlockNotation.kinds.flatMap { $0.examples.map(\.key) }

    /// The message lists new kinds after the present ones.
    @Test func `the message for an unknown word names all kinds of blocks`() {
        let start = """
            '8Q' is not a block; known: 128C3 (convolution), 64C7/2 (stride 2), MP2, MP3/2 (max pooling), \
            64R, 128R/2 (residual block), GAP (average pooling), 512FC (fully connected), dropout
            """
        #expect {
            try BlockNotation.blocks(in: "8Q")
        } throws: { error in
            "\(error)".hasPrefix(start) && "\(error)".hasSuffix("; 2x before a word repeats it")
                && Self.examples.allSatisfy { "\(error)".contains($0) }
        }
    }

    @Test(arguments: examples)
    func `exactly one kind of block reads each example word`(word: String) throws {
        let readers = BlockNotation.kinds.filter { $0.init(notation: word) != nil }
        let blocks = try BlockNotation.blocks(in: word)
        #expect(readers.count == 1 && blocks.map(\.description) == [word])
        let block = try #require(blocks.first)
        #expect(type(of: block) == readers.first)
    }

    @Test(arguments: Architecture.all)
    func `architectures survive a round trip through their notation`(
        architecture: Architecture
    ) throws {
        var copy = architecture
        copy.blocks = try architecture.blocks.map(\.description).flatMap(BlockNotation.blocks(in:))
        #expect(copy == architecture)
        copy.blocks.removeLast()
        #expect(copy != architecture && !copy.isSameNetwork(as: architecture))
    }

    @Test func `words can repeat and have strides, and malformed words throw`() throws {
        #expect(
            try BlockNotation.blocks(in: "3x64C7/2").map(\.description)
                == ["64C7/2", "64C7/2", "64C7/2"])
        let pool = try #require(try BlockNotation.blocks(in: "MP3/2").first as? MaxPoolBlock)
        #expect(pool.window == 3 && pool.stride == 2)
        #expect(try BlockNotation.blocks(in: "MP2/2").map(\.description) == ["MP2"])
        for word in [
            "", "x", "0x8C3", "C3", "8C0", "8C3/0", "8C3/2/2", "MP", "8R3", "FC", "gap", "2x",
        ] {
            #expect(throws: BlockNotation.UnknownWord.self, "\(word)") {
                try BlockNotation.blocks(in: word)
            }
        }
    }

    @Test func `scaling changes filters and units but never below one`() throws {
        let words = ["10C3", "MP2", "10R/2", "GAP", "10FC", "dropout"]
        let architecture = Self.architecture(try words.flatMap(BlockNotation.blocks(in:)))
        #expect(
            architecture.scaled(by: 0.25).blocks.map(\.description)
                == ["3C3", "MP2", "3R/2", "GAP", "3FC", "dropout"])
        #expect(architecture.scaled(by: 0.01).blocks.first?.description == "1C3")
    }

    /// Limits and messages use the blocks' numbers; the computation uses the layers'. Shortcuts are
    /// zero-padded here, because the blocks' counts do not include weights of shortcuts.
    @Test(arguments: examples, Architecture.PaddingRule.allCases)
    func `sizes and weight counts of blocks equal those of their layers`(
        word: String, padding: Architecture.PaddingRule
    ) throws {
        let before = ConvolutionBlock(filters: 64, window: 3)
        let block = try #require(try BlockNotation.blocks(in: word).first)
        var architecture = Self.architecture([before, block])
        architecture.padding = padding
        architecture.shortcut = .zeroPadded
        #expect(architecture.problem == nil)
        let network = Network(architecture: architecture, classes: 3, options: .init())
        let input = before.outputShape(on: architecture.input, in: architecture)
        let own = network.stages.dropFirst(2).dropLast()
        let output = block.outputShape(on: input, in: architecture)
        #expect(own.first?.inputShape == input && own.last?.outputShape == output)
        let weighted = network.weightedLayers.dropFirst().dropLast()
        #expect(block.weightCount(on: input) == weighted.map(\.shape.count).reduce(0, +))
        let values = weighted.map(\.outputShape.count).reduce(0, +)
        #expect(block.valueCount(output: output) == (values == 0 ? output.count : values))
        #expect(block.isProduct == (own.first is WeightedLayer))
    }

    static func architecture(_ blocks: [any Block]) -> Architecture {
        Architecture(
            name: "small", input: ImageShape(height: 12, width: 9, channels: 3), classes: 3,
            blocks: blocks)
    }
}
