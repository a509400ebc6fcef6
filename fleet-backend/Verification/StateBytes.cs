namespace DePin.Fleet.Verification;

/// <summary>A node's state as stored: a version, the figures in the order of the type, the marks. At most <see cref="MaxBytes"/>.</summary>
internal static class StateBytes
{
    /// <summary>The most bytes of one node's state.</summary>
    public const int MaxBytes = 1 + 1 + (17 * sizeof(long)) + (4 * sizeof(int)) + 1 + ((Balance.WindowDays + 1) * MarkBytes);

    private const byte Version = 1;
    private const int MarkBytes = (4 * sizeof(long)) + sizeof(int);

    /// <summary>The state in bytes.</summary>
    public static byte[] Write(NodeVerdictState state)
    {
        using var stream = new MemoryStream(MaxBytes);
        using var writer = new BinaryWriter(stream);
        writer.Write(Version);
        writer.Write(state.HasHistory);
        foreach (long figure in (ReadOnlySpan<long>)
        [
            state.HarvestedMilliwattHours, state.DeliveredMilliwattHours, state.ImportedMilliwattHours, state.CoveredUntilUnixSeconds, state.Day,
            state.ClaimedThatDayMilliwattHours, state.ClaimedMilliwattHours, state.GridPoolMilliwattHours, state.UndatedBoot, state.LastHarvestedMilliwattHours,
            state.LastDeliveredMilliwattHours, state.LightDay, state.FirstLightUnixSeconds, state.LastLightUnixSeconds, state.PeakMilliwatts,
        ])
        {
            writer.Write(figure);
        }

        foreach (int figure in (ReadOnlySpan<int>)[state.BatteryPermille, state.SameReadings, state.DaysOff, state.NoonOffMinutes])
        {
            writer.Write(figure);
        }

        writer.Write((byte)state.Marks.Count);
        foreach (EnergyMark mark in state.Marks)
        {
            writer.Write(mark.Day);
            writer.Write(mark.HarvestedMilliwattHours);
            writer.Write(mark.DeliveredMilliwattHours);
            writer.Write(mark.ImportedMilliwattHours);
            writer.Write(mark.BatteryPermille);
        }

        return stream.ToArray();
    }

    /// <summary>The state in these bytes.</summary>
    /// <exception cref="InvalidDataException">Another version wrote them, or they were changed.</exception>
    public static NodeVerdictState Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        if (reader.ReadByte() != Version)
        {
            throw new InvalidDataException("A node's verdict state has another version; run 'rebuild' to make it anew from the batches.");
        }

        var state = new NodeVerdictState
        {
            HasHistory = reader.ReadBoolean(),
            HarvestedMilliwattHours = reader.ReadInt64(),
            DeliveredMilliwattHours = reader.ReadInt64(),
            ImportedMilliwattHours = reader.ReadInt64(),
            CoveredUntilUnixSeconds = reader.ReadInt64(),
            Day = reader.ReadInt64(),
            ClaimedThatDayMilliwattHours = reader.ReadInt64(),
            ClaimedMilliwattHours = reader.ReadInt64(),
            GridPoolMilliwattHours = reader.ReadInt64(),
            UndatedBoot = reader.ReadInt64(),
            LastHarvestedMilliwattHours = reader.ReadInt64(),
            LastDeliveredMilliwattHours = reader.ReadInt64(),
            LightDay = reader.ReadInt64(),
            FirstLightUnixSeconds = reader.ReadInt64(),
            LastLightUnixSeconds = reader.ReadInt64(),
            PeakMilliwatts = reader.ReadInt64(),
            BatteryPermille = reader.ReadInt32(),
            SameReadings = reader.ReadInt32(),
            DaysOff = reader.ReadInt32(),
            NoonOffMinutes = reader.ReadInt32(),
        };
        var marks = new EnergyMark[reader.ReadByte()];
        for (int i = 0; i < marks.Length; i++)
        {
            marks[i] = new EnergyMark(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32());
        }

        state.Marks = marks;
        return state;
    }
}
