using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Host;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Tools.Api;

namespace DePin.Tools.Seasons;

/// <summary>
/// A node as far as a backend can tell, in slots of five minutes: panel, battery, load and grid as they truly are, and what it reports,
/// which a cheat may bend. Everything follows from the season's seed.
/// </summary>
internal sealed class SeasonNode : IDisposable
{
    public const int SlotSeconds = 300;
    public const int SlotsPerBatch = 12;
    private const double StoreEfficiency = 0.95;

    private static readonly PlatformDigest Digest = new();

    private readonly ECDsa _key;
    private readonly byte[] _secret;
    private readonly Profile _profile;
    private readonly ISky _sky;
    private readonly long _noise;
    private double _battery;
    private double _harvestedPart, _deliveredPart, _importedPart;
    private Counters _counters = new(0, 0, 0);
    private byte[] _head = new byte[Batch.HashSize];
    private long _bootedUnixSeconds;
    private (byte[] Head, long Next, Counters Counters) _before;

    public SeasonNode(int index, long seed, ISky sky, SeasonTraits traits, Cheat? cheat)
    {
        Index = index;
        Traits = traits;
        Cheat = cheat;
        _sky = sky;
        _profile = Profile.Named(traits.Profile);
        _noise = Noise.Child(seed, 100 + index);
        _key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = SHA256.HashData(BitConverter.GetBytes(_noise)) });
        _secret = SHA256.HashData(BitConverter.GetBytes(~_noise));
        _battery = _profile.BatteryMilliwattHours * 0.6;
        ECPoint point = _key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [(byte)(2 | (point.Y![^1] & 1)), .. point.X!];
        Id = NodeId.FromKeyHash(SHA256.HashData(PublicKey));
    }

    public int Index { get; }

    public SeasonTraits Traits { get; }

    public Cheat? Cheat { get; }

    public NodeId Id { get; }

    public byte[] PublicKey { get; }

    public string Password => NodeSecret.LoginPassword(Digest, _secret);

    /// <summary>Sequence of the next reading.</summary>
    public long Next { get; private set; } = 1;

    public long Boot { get; private set; } = 1;

    /// <summary>Slots of the last hour as they were reported.</summary>
    public SeasonSlot[] LastHour { get; private set; } = [];

    /// <summary>Every reading ever signed, by sequence - 1.</summary>
    public List<SeasonReading> Readings { get; } = [];

    public NodeRegistration Registration(long fromUnixSeconds) => new(
        Convert.ToHexStringLower(PublicKey), Password, Convert.ToHexStringLower(NodeSecret.DownKey(Digest, _secret)), Traits.Profile, $"operator-{Index % 20}", "season-fund",
        $"Season {Index}", Traits.Latitude, Traits.Longitude, AgreementShares.Usual, fromUnixSeconds);

    /// <summary>Lives an hour and signs what it reports of it.</summary>
    public byte[] LiveHour(long opensUnixSeconds, bool isCheating)
    {
        // A power cut now and then begins a new boot; some boots do not know the time for some hours.
        if (Noise.Unit(_noise, opensUnixSeconds / 3600) < 0.004 || _bootedUnixSeconds == 0)
        {
            Boot++;
            _bootedUnixSeconds = opensUnixSeconds;
        }

        var slots = new SeasonSlot[SlotsPerBatch];
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i] = Live(opensUnixSeconds + (i * SlotSeconds), isCheating ? Cheat!.DegreesEast : 0);
            if (isCheating)
            {
                Cheat!.Bend(this, slots[i]);
            }
        }

        LastHour = slots;
        return Sign(opensUnixSeconds, slots, isCheating);
    }

    /// <summary>Signs slots as the next batch of the chain.</summary>
    public byte[] Sign(long opensUnixSeconds, SeasonSlot[] slots, bool isCheating, bool isTimed = true)
    {
        _before = (_head, Next, _counters);
        (byte[] signed, byte[] payload, Batch batch) = Make(opensUnixSeconds, slots, isCheating, isTimed);
        foreach (SeasonSlot slot in slots)
        {
            Readings.Add(new SeasonReading(isCheating, isCheating && slot.IsRepeated ? 0 : slot.TrueDelivered));
        }

        _head = SHA256.HashData(payload);
        _counters = batch.Closing();
        Next = batch.NextSequence;
        return signed;
    }

    /// <summary>Signs slots at the place of the last batch: the other side of a fork.</summary>
    public byte[] SignBeside(long opensUnixSeconds, SeasonSlot[] slots)
    {
        (byte[], long, Counters) here = (_head, Next, _counters);
        (_head, Next, _counters) = _before;
        byte[] signed = Make(opensUnixSeconds, slots, isCheating: true, mayBeTimed: true).Signed;
        (_head, Next, _counters) = here;
        return signed;
    }

    /// <summary>The height of the sun where the node says that it is.</summary>
    public double SunDegrees(long unixSeconds) => ClearSky.Sun(Traits.Latitude, Traits.Longitude, unixSeconds).ElevationDegrees;

    /// <summary>Hour of the day by the sun, 0 to 24.</summary>
    public double LocalHour(long unixSeconds) => ((unixSeconds / 3600.0) + (Traits.Longitude / 15) + 24_000) % 24;

    /// <summary>What its gauge is off by at a time.</summary>
    public int MillivoltsOf(long opened) => (int)(40 * Noise.Unit(_noise ^ 9, opened));

    public Profile Profile => _profile;

    public void Dispose() => _key.Dispose();

    private SeasonSlot Live(long opened, double degreesEast)
    {
        double hour = LocalHour(opened + 150);
        Weather weather = _sky.At(Traits.Latitude, Traits.Longitude + degreesEast, opened + 150);
        double light = weather.IrradianceWattsPerSquareMetre / 1000 * 0.85 * Traits.Clean * (hour > 14 ? Traits.Afternoon : 1);
        double street = SunDegrees(opened) < -6 ? Traits.StreetMilliwatts : 0;
        double harvested = ((_profile.PanelMilliwatts * light) + street) / SlotsPerBatch;
        double level = _battery / _profile.BatteryMilliwattHours;
        double load = level < 0.1 ? 0 : LoadMilliwatts(hour, opened) / SlotsPerBatch;
        double imported = _profile.GridInputMilliwatts > 0 && level < 0.35 && (hour is > 22 or < 5) ? _profile.GridInputMilliwatts * 0.5 / SlotsPerBatch : 0;

        // A full battery throttles the panel to what is used.
        double room = (_profile.BatteryMilliwattHours * 0.98) - _battery;
        harvested = Math.Min(harvested, Math.Max(0, (room / StoreEfficiency) + (load / StoreEfficiency)));
        _battery = Math.Clamp(_battery + (StoreEfficiency * (harvested + imported)) - load, 0, _profile.BatteryMilliwattHours);
        var slot = new SeasonSlot
        {
            Opened = opened,
            Harvested = Whole(ref _harvestedPart, harvested),
            Delivered = Whole(ref _deliveredPart, load),
            Imported = Whole(ref _importedPart, imported),
            BatteryPermille = (int)(_battery / _profile.BatteryMilliwattHours * 1000),
            Celsius = (int)weather.AirCelsius,
        };
        slot.TrueDelivered = slot.Delivered;
        return slot;
    }

    private double LoadMilliwatts(double hour, long opened)
    {
        double jitter = 0.9 + (0.2 * Noise.Unit(_noise ^ 5, opened));
        if (_profile.ServesWifi)
        {
            return _profile.OutputMilliwatts * 0.25 * jitter;
        }

        double evening = hour is >= 18.5 and < 22.5 ? _profile.LightMilliwatts * Traits.Light : 0;
        double day = hour is >= 11 and < 13 && Noise.Unit(_noise ^ 6, opened / 86_400) < 0.6 ? _profile.OutputMilliwatts * 0.2 : 0;
        return (evening + day) * jitter;
    }

    private (byte[] Signed, byte[] Payload, Batch Batch) Make(long opens, SeasonSlot[] slots, bool isCheating, bool mayBeTimed)
    {
        byte[] firmware = Convert.FromHexString(isCheating ? Cheat!.Firmware : Season.GoodFirmware);
        Batch batch = Batch.Create(Id, firmware, _head, _counters, [.. slots.Select((slot, i) => new Reading
        {
            Seconds = SlotSeconds,
            HarvestedMilliwattHours = slot.Harvested,
            DeliveredMilliwattHours = slot.Delivered,
            ImportedMilliwattHours = slot.Imported,
            BatteryPermille = slot.BatteryPermille,
            BatteryMillivolts = 2900 + (int)(slot.BatteryPermille * 0.5) + MillivoltsOf(slot.Opened) + slot.Millivolts,
            Celsius = slot.Celsius,
        })]);
        long uptime = opens - _bootedUnixSeconds;
        bool isTimed = mayBeTimed && !(isCheating && Cheat!.HasNoClock) && uptime >= Traits.BlindHours * 3600;
        batch.Boot = Boot;
        batch.Sequence = Next;
        batch.UptimeSeconds = uptime;
        batch.OpenedUnixSeconds = isTimed ? opens + (isCheating ? Cheat!.ClockSeconds : 0) : 0;
        batch.Clock = isTimed ? ClockState.Fresh : ClockState.NeverSet;
        batch.Profile = _profile.Number;
        byte[] payload = batch.Encode();
        byte[] signature = _key.SignData(SignedMessage.ToBeSigned(SignedMessage.BatchContext, payload, 0, payload.Length), HashAlgorithmName.SHA256);
        SignatureForm.MakeLow(signature);
        return (SignedMessage.Encode(Id, payload, signature), payload, batch);
    }

    private static long Whole(ref double part, double amount)
    {
        part += amount;
        long whole = (long)part;
        part -= whole;
        return whole;
    }
}

/// <summary>How an honest node differs from the others.</summary>
/// <param name="Profile">Hardware.</param>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
/// <param name="Clean">Part of the light that dust lets through.</param>
/// <param name="Afternoon">Part of the light that shade leaves in the afternoon.</param>
/// <param name="StreetMilliwatts">What a street light gives at night.</param>
/// <param name="Light">Part of the light's rating that is used: dimmed lights.</param>
/// <param name="BlindHours">Hours after a boot before the time is known.</param>
/// <param name="OfflineFromDay">First day without a link, or -1.</param>
/// <param name="OfflineDays">How many.</param>
internal sealed record SeasonTraits(
    string Profile, double Latitude, double Longitude, double Clean, double Afternoon, double StreetMilliwatts, double Light, int BlindHours, int OfflineFromDay, int OfflineDays);

/// <summary>Five minutes of a node, as it reports them.</summary>
internal sealed class SeasonSlot
{
    public long Opened { get; init; }

    public long Harvested { get; set; }

    public long Delivered { get; set; }

    public long Imported { get; set; }

    public int BatteryPermille { get; set; }

    public int Celsius { get; set; }

    public int Millivolts { get; set; }

    /// <summary>What was truly delivered from the sun, mWh.</summary>
    public long TrueDelivered { get; set; }

    /// <summary>Whether it reports time that another slot reported.</summary>
    public bool IsRepeated { get; set; }
}

/// <summary>What is known of a signed reading beside what it says.</summary>
internal readonly record struct SeasonReading(bool IsCheat, long TrueDelivered);
