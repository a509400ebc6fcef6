#pragma warning disable IDE0161 // C# 9, as everything that a bundle is made of.
using DePin.Contracts.Metering;
using DePin.Node;
using DePin.Node.Moving;
using NodeCore = DePin.Node.Node;

namespace DePin.Host.Bundles
{
    /// <summary>
    /// Where a node begins on a virtual board. Compiled into this program, where it is the factory copy, and into every bundle,
    /// with that bundle's own contracts and core: C# 9.
    /// </summary>
    internal sealed class BundleEntry : IRunningNode
    {
        private readonly BoardPorts _ports;
        private readonly NodeCore _core;

        private BundleEntry(IVirtualBoard board)
        {
            // The node begins here.
            _ports = new BoardPorts(board);
            NodeIdentity identity = new NodeIdentity(_ports, board.PublicKey, board.Secret);
            BoardFlash flash = new BoardFlash(board, false);

            // Who switched the board on has counted the start.
            Whereabouts where = Whereabouts.Load(flash, false);
            _core = new NodeCore(identity, board.Profile, board.Firmware, _ports, _ports, _ports, flash, _ports, _ports, button: _ports, where: where, board: new BoardUpdates(board));
        }

        public long Boot { get { return _core.Boot; } }

        public long Sequence { get { return _core.Sequence; } }

        public int OutboxBatches { get { return _core.OutboxBatches; } }

        public bool IsOnline { get { return _core.IsOnline; } }

        public bool IsBusy { get { return _core.IsSigning; } }

        public bool WantsRestart { get { return _core.WantsRestart; } }

        public int Light { get { return _core.Presence.Light; } }

        /// <summary>Starts the node.</summary>
        public static IRunningNode Start(IVirtualBoard board)
        {
            return new BundleEntry(board);
        }

        public int[] Update()
        {
            return new int[] { (int)_core.Updater!.State, (int)_core.Updater.Reason, _core.Updater.BlocksHeld };
        }

        public long[] Counters()
        {
            Counters counters = _core.Counters;
            return new long[] { counters.HarvestedMilliwattHours, counters.DeliveredMilliwattHours, counters.ImportedMilliwattHours };
        }

        public long[] Counts()
        {
            NodeCounts counts = _core.Counts;
            return new long[]
            {
                counts.Receipts, counts.Rejects, counts.Forged, counts.Replayed, counts.LinksLost, counts.BatchesDropped, counts.BatchesSetAside,
                counts.Gaps, counts.Pauses, counts.FlashWrites, counts.FlashBytes, counts.FlashDeletes, counts.FilesDamaged,
            };
        }

        public void Tick()
        {
            _core.Tick(_ports);
        }

        public void Stop()
        {
            _core.Stop(_ports);
        }
    }
}
