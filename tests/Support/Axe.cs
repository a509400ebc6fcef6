using System.Text.Json;
using Microsoft.Playwright;

namespace DePin.Tests.Support;

/// <summary>Judges a page as people see it who see or move otherwise: axe-core, as npm locked it.</summary>
internal static class Axe
{
    private const string Judge =
        "axe.run({ resultTypes: ['violations'] }).then((all) => all.violations.filter((each) => ['serious', 'critical'].includes(each.impact)).map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(' | ')}`))";

    private static readonly Lazy<string> Program = new(() => File.ReadAllText(Path.Combine(Checkout.Root, "fleet-backend", "node_modules", "axe-core", "axe.min.js")));

    /// <summary>Fails where there is a serious barrier.</summary>
    public static async Task JudgeAsync(IPage page)
    {
        await page.EvaluateAsync(Program.Value);
        JsonElement found = (await page.EvaluateAsync(Judge))!.Value;
        Assert.True(found.GetArrayLength() == 0, $"{page.Url}: {found}");
    }
}
