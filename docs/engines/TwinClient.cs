// A Unity client of the twin: 1050 Pis that follow the live picture. It needs Frame.cs and Picture.cs beside it, and the
// package SocketIOUnity (or SocketIOClient outside of Unity, whose calls have the same names).

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using PiTwin;
using SocketIOClient;
using UnityEngine;

public sealed class TwinClient : MonoBehaviour
{
    [Serializable] public sealed class Hello { public uint epoch { get; set; } public string[] statuses { get; set; } }

    [Serializable]
    public sealed class Roster
    {
        public uint epoch { get; set; }
        public int[] row { get; set; }
        public string[] id { get; set; }
        public int[] slot { get; set; }
    }

    public string Address = "http://localhost:8080";
    public readonly Picture Picture = new Picture();
    public readonly Dictionary<int, int> SlotOfRow = new Dictionary<int, int>();
    SocketIOUnity socket;
    // The socket's events come on a thread of its own; Unity's objects may only be touched in Update().
    readonly ConcurrentQueue<Action> arrived = new ConcurrentQueue<Action>();

    double Now { get { return Time.realtimeSinceStartupAsDouble; } }

    async void Start()
    {
        var options = new SocketIOOptions { Transport = SocketIOClient.Transport.TransportProtocol.WebSocket };
        socket = new SocketIOUnity(new Uri(Address + "/twin"), options);
        socket.On("hello", message => { var hello = message.GetValue<Hello>(); arrived.Enqueue(() => Picture.Open(hello.epoch)); });
        socket.On("roster", message => { var roster = message.GetValue<Roster>(); arrived.Enqueue(() => Seat(roster)); });
        socket.On("frame", message => { var bytes = message.GetValue<byte[]>(); arrived.Enqueue(() => Show(bytes)); });
        socket.On("bye", message => Debug.Log("the twin says goodbye: " + message));
        await socket.ConnectAsync();
    }

    void Update()
    {
        while (arrived.TryDequeue(out var act)) act();
    }

    void Seat(Roster roster)
    {
        if (roster.epoch != Picture.Epoch) return;
        for (int i = 0; i < roster.row.Length; i++) SlotOfRow[roster.row[i]] = roster.slot[i];
    }

    void Show(byte[] bytes)
    {
        try
        {
            if (Picture.Apply(Frame.Read(bytes), Now) == Applied.Gap)
                socket.EmitAsync("resume", new { epoch = Picture.Epoch, seq = Picture.Seq });
        }
        catch (FrameError error)
        {
            Debug.LogWarning("a frame was left out: " + error.Message);
        }
    }

    void OnDestroy()
    {
        socket?.Dispose();
    }
}
