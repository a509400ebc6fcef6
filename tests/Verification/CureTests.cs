using DePin.Fleet.Verification;

namespace DePin.Tests.Verification;

/// <summary>What people are told beside a verdict's name.</summary>
public sealed class CureTests
{
    [Fact]
    public void Every_name_has_its_meaning_and_its_cure_in_the_resource_file() => Assert.All(Enum.GetValues<VerdictName>(), name =>
    {
        Assert.EndsWith(".", Cure.Of(name), StringComparison.Ordinal);
        Assert.EndsWith(".", Cure.Meaning(name), StringComparison.Ordinal);
    });
}
