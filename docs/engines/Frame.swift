// Reads one binary frame of the twin. Swift 5 without packages, for iOS, iPadOS, visionOS and macOS.
// The layout is drawn in docs/clients.md; tests/golden/frames.json has bytes to hold it against.

import Foundation

/// A frame that cannot be read; the picture before it stays good.
enum FrameError: Error, Equatable {
    case short(bytes: Int)
    case notAFrame
    case kind(UInt8)
    case ends(at: Int, needs: Int)
    case follows(bytes: Int)
}

/// One decoded frame: columns of `rows.count` entries each. A column that the frame does not carry is nil.
struct Frame {
    enum Kind: UInt8 { case snapshot = 0, delta = 1, replay = 2 }

    static let headerBytes = 30

    let kind: Kind
    let epoch: UInt32
    let seq: UInt32
    let base: UInt32
    /// Server milliseconds since 1970.
    let timeMs: UInt64
    let rows: [Int]
    /// Percent and degrees C; nan is unknown.
    let cpu, memory, disk, temperature: [Float]?
    /// Indices into `hello.statuses`.
    let status: [UInt8]?
    /// Red, green, blue of each row in turn.
    let light: [UInt8]?
    /// Seconds at `timeMs`; infinite is longer ago than the wire can say, or never.
    let age: [Double]?

    init(_ data: Data) throws {
        let bytes = [UInt8](data)
        guard bytes.count >= Frame.headerBytes else { throw FrameError.short(bytes: bytes.count) }
        guard bytes[0] == 0x54, bytes[1] == 0x46, bytes[2] == 1 else { throw FrameError.notAFrame }
        guard let kind = Kind(rawValue: bytes[3] & 0x7f) else { throw FrameError.kind(bytes[3]) }
        var reader = Reader(bytes: bytes, at: Frame.headerBytes)
        self.kind = kind
        epoch = UInt32(reader.number(at: 4, bytes: 4))
        seq = UInt32(reader.number(at: 8, bytes: 4))
        base = UInt32(reader.number(at: 12, bytes: 4))
        timeMs = UInt64(reader.number(at: 16, bytes: 4)) | UInt64(reader.number(at: 20, bytes: 4)) << 32
        reader.count = reader.number(at: 24, bytes: 4)
        let bits = reader.number(at: 28, bytes: 2)
        rows = try reader.column(bytes: bytes[3] & 0x80 == 0 ? 2 : 4)
        cpu = bits & 1 == 0 ? nil : try reader.halves()
        memory = bits & 2 == 0 ? nil : try reader.halves()
        disk = bits & 4 == 0 ? nil : try reader.halves()
        temperature = bits & 8 == 0 ? nil : try reader.halves()
        status = bits & 16 == 0 ? nil : try reader.raw(width: 1)
        light = bits & 32 == 0 ? nil : try reader.raw(width: 3)
        age = bits & 64 == 0 ? nil : try reader.column(bytes: 2).map { $0 == 65535 ? .infinity : Double($0) / 10 }
        // Columns of later versions follow those that this file knows, and are left alone.
        if bits < 128 && reader.at != bytes.count { throw FrameError.follows(bytes: bytes.count - reader.at) }
    }

    /// Walks the columns once, in the order of their bits.
    private struct Reader {
        let bytes: [UInt8]
        var at: Int
        var count = 0

        func number(at place: Int, bytes length: Int) -> Int {
            (0..<length).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        }

        mutating func take(_ width: Int) throws -> Int {
            let start = at
            guard count * width <= bytes.count - at else { throw FrameError.ends(at: bytes.count, needs: at + count * width) }
            at += count * width
            return start
        }

        mutating func column(bytes width: Int) throws -> [Int] {
            let start = try take(width)
            return (0..<count).map { number(at: start + width * $0, bytes: width) }
        }

        mutating func halves() throws -> [Float] {
            try raw(width: 1).map { $0 == 255 ? .nan : Float($0) * 0.5 }
        }

        mutating func raw(width: Int) throws -> [UInt8] {
            let start = try take(width)
            return Array(bytes[start..<start + count * width])
        }
    }
}
