// A client of the twin for iPhone, iPad, Vision Pro and Mac. It needs Frame.swift beside it, and the package
// socket.io-client-swift 16.

import Foundation
import SocketIO

/// What a screen asks about a row.
struct Pi {
    var cpu = Float.nan, memory = Float.nan, disk = Float.nan, temperature = Float.nan
    var status: UInt8 = 0
    var light: (UInt8, UInt8, UInt8) = (0, 0, 0)
    /// System uptime when it was last heard of; -infinity is never.
    var heardAt = -Double.infinity
}

/// Keeps the live picture; call everything on the main queue, where the socket's events come too.
final class TwinClient {
    private(set) var rows: [Int: Pi] = [:]
    /// Row -> slot of /model/layout.json; -1 is the holding area.
    private(set) var slots: [Int: Int] = [:]
    private var epoch: UInt32 = 0
    private var seq: UInt32 = 0
    private let manager: SocketManager
    private let socket: SocketIOClient

    /// Seconds that never step, unlike the clock on the wall.
    private var now: Double { ProcessInfo.processInfo.systemUptime }

    init(address: URL) {
        manager = SocketManager(socketURL: address, config: [.forceWebsockets(true), .compress])
        socket = manager.socket(forNamespace: "/twin")
        socket.on("hello") { [weak self] data, _ in self?.open(data.first as? [String: Any] ?? [:]) }
        socket.on("roster") { [weak self] data, _ in self?.seat(data.first as? [String: Any] ?? [:]) }
        socket.on("frame") { [weak self] data, _ in
            if let bytes = data.first as? Data { self?.show(bytes) }
        }
        socket.on("bye") { data, _ in print("the twin says goodbye:", data) }
        socket.connect()
    }

    /// Seconds since the row was last heard of. It grows while the line is silent, as it must.
    func age(of row: Int) -> Double { now - (rows[row]?.heardAt ?? -.infinity) }

    /// The full reports of these nodes come as `node` events from now on, 32 at most.
    func watch(_ ids: [String]) {
        socket.emitWithAck("watch", ["ids": ids]).timingOut(after: 5) { answer in
            if let said = answer.first as? [String: Any], said["ok"] as? Bool != true { print("watch:", said) }
        }
    }

    private func open(_ hello: [String: Any]) {
        let said = (hello["epoch"] as? NSNumber)?.uint32Value ?? 0
        guard said != epoch else { return }
        epoch = said  // a new life of the rows: none of the old ones means anything
        seq = 0
        rows = [:]
        slots = [:]
    }

    private func seat(_ roster: [String: Any]) {
        guard (roster["epoch"] as? NSNumber)?.uint32Value == epoch,
              let row = roster["row"] as? [Int], let slot = roster["slot"] as? [Int] else { return }
        for (row, slot) in zip(row, slot) { slots[row] = slot }
    }

    private func show(_ bytes: Data) {
        guard let frame = try? Frame(bytes) else { return }
        let whole = frame.kind == .replay ? frame.base == 0 : frame.kind == .snapshot
        if frame.epoch == epoch && (whole ? frame.seq < seq : frame.seq <= seq) { return }
        guard frame.epoch == epoch, whole || frame.base <= seq else {
            socket.emitWithAck("resume", ["epoch": Int(epoch), "seq": Int(seq)]).timingOut(after: 5) { _ in }
            return
        }
        if whole { rows = [:] }
        for (i, row) in frame.rows.enumerated() {
            var pi = rows[row] ?? Pi()
            if let column = frame.cpu { pi.cpu = column[i] }
            if let column = frame.memory { pi.memory = column[i] }
            if let column = frame.disk { pi.disk = column[i] }
            if let column = frame.temperature { pi.temperature = column[i] }
            if let column = frame.status { pi.status = column[i] }
            if let column = frame.light { pi.light = (column[3 * i], column[3 * i + 1], column[3 * i + 2]) }
            if let column = frame.age { pi.heardAt = now - column[i] }
            rows[row] = pi
        }
        seq = frame.seq
    }
}
